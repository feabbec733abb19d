// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <crypt.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/parse.h"
#include "folder.h"
#include "http/access.h"
#include "http/server.h"

namespace vfswatchd {

/// The bcrypt of a password, of a cost that tests can pay often.
inline std::string bcrypt_of(const std::string& password, unsigned long cost = 4) {
    const std::string setting = crypt_gensalt("$2b$", cost, nullptr, 0);
    crypt_data data{};
    return crypt_r(password.c_str(), setting.c_str(), &data);
}

/// What a web config file beside the folder's files says. Errors: throws the first one.
inline WebConfig web_config(const Folder& folder, const std::string& text) {
    auto config = parse_web_config({folder.path("web.yml"), text});
    if (!config) throw std::runtime_error(format_fault(config.error().front()));
    return std::move(*config);
}

inline Access access_of(const Folder& folder, const std::string& text) {
    const WebConfig config = web_config(folder, text);
    Access access;
    for (const WebUser& user : config.users)
        access.users.emplace(user.name, user.hash);
    access.headers = config.headers;
    if (!config.tls) return access;
    auto tls = TlsContext::load(*config.tls);
    if (!tls) throw std::runtime_error(tls.error().message());
    access.tls = std::move(*tls);
    return access;
}

inline HttpServer started(HttpHandlers handlers, Access access, const HttpLimits& limits = {},
                          const std::vector<HttpAddress>& addresses = {{"127.0.0.1", 0}}) {
    auto server = HttpServer::start(addresses, std::move(handlers), limits, std::move(access));
    if (!server) throw std::runtime_error(server.error().message());
    return std::move(*server);
}

}  // namespace vfswatchd
