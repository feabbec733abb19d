// SPDX-License-Identifier: Apache-2.0
#include "service/web_access.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "config/fault.h"
#include "config/load.h"

namespace vfswatchd {
namespace {

std::int64_t nanoseconds(const ::timespec& time) {
    constexpr std::int64_t kInSecond = 1'000'000'000;
    return std::int64_t{time.tv_sec} * kInSecond + time.tv_nsec;
}

FileStamp stamp_of(const std::string& file) {
    struct ::stat status {};
    if (::stat(file.c_str(), &status) != 0) return {file};
    return {file,
            status.st_dev,
            status.st_ino,
            status.st_size,
            nanoseconds(status.st_mtim),
            nanoseconds(status.st_ctim)};
}

void take_tls(const TlsSettings& settings, WebReading& reading) {
    for (const std::string& file : {settings.cert_file, settings.key_file, settings.client_ca_file})
        if (!file.empty()) reading.stamps.push_back(stamp_of(file));
    auto tls = TlsContext::load(settings);
    if (tls)
        reading.access.tls = std::move(*tls);
    else
        reading.faults.push_back(reading.file + ": " + tls.error().message());
}

bool is_local(const HttpAddress& address) {
    return address.is_unix || address.host == "localhost" || address.host == "::1" ||
           address.host.starts_with("127.");
}

}  // namespace

WebReading read_web(const std::string& file) {
    WebReading reading{file, {}, {}, {}};
    if (file.empty()) return reading;
    reading.stamps.push_back(stamp_of(file));
    auto config = load_web_config(file);
    if (!config) {
        for (const ConfigFault& fault : config.error())
            reading.faults.push_back(format_fault(fault));
        return reading;
    }
    for (WebUser& user : config->users)
        reading.access.users.emplace(std::move(user.name), std::move(user.hash));
    reading.access.headers = std::move(config->headers);
    if (config->tls) take_tls(*config->tls, reading);
    return reading;
}

WebAccess::WebAccess(WebReading reading, HttpServer& server, const Log& log)
    : file_(std::move(reading.file)),
      stamps_(std::move(reading.stamps)),
      tls_(reading.access.tls != nullptr),
      server_(server),
      log_(log) {
    warn_of(reading.access);
}

void WebAccess::warn_of(const Access& access) const {
    for (const std::string& warning : exposure_warnings(server_.addresses(), access))
        log_.warning(warning);
}

void WebAccess::look() {
    const bool as_before = std::all_of(stamps_.begin(), stamps_.end(), [](const FileStamp& stamp) {
        return stamp_of(stamp.file) == stamp;
    });
    if (as_before) return;
    WebReading reading = read_web(file_);
    const std::vector<std::string> why = obstacles(reading);
    if (why.empty()) {
        log_.info("read " + file_ + " and what it names again");
        return put_in_force(std::move(reading));
    }
    refuse(reading);
    for (const std::string& line : why)
        log_.error(line);
    log_.error("certificates, users and headers stay as they were");
}

void WebAccess::refuse(const WebReading& reading) {
    if (reading.file != file_) return;
    stamps_ = reading.stamps;
    successful_ = false;
}

std::vector<std::string> WebAccess::obstacles(const WebReading& reading) const {
    if (!reading.faults.empty()) return reading.faults;
    if (tls_ == (reading.access.tls != nullptr)) return {};
    return {"the endpoint would " + std::string(tls_ ? "end" : "begin") +
            " to speak TLS, which takes a restart; counts go on over it"};
}

void WebAccess::put_in_force(WebReading reading) {
    warn_of(reading.access);
    server_.set_access(std::move(reading.access));
    file_ = std::move(reading.file);
    stamps_ = std::move(reading.stamps);
    successful_ = true;
}

std::optional<bool> WebAccess::successful() const {
    return file_.empty() ? std::nullopt : std::optional(successful_);
}

std::vector<std::string> exposure_warnings(const std::vector<HttpAddress>& addresses,
                                           const Access& access) {
    std::vector<std::string> warnings;
    const bool asks_who =
        !access.users.empty() || (access.tls != nullptr && access.tls->requires_verified_clients());
    for (const HttpAddress& address : addresses) {
        if (is_local(address)) continue;
        const std::string where = "on " + to_text(address) + " ";
        if (!asks_who)
            warnings.push_back(where +
                               "everybody who reaches it sees who reads which file: set users or "
                               "clients' certificates in web_config_file, or listen on 127.0.0.1");
        else if (access.tls == nullptr)
            warnings.push_back(where +
                               "passwords and metrics cross the network in the clear: add "
                               "tls_server_config to the web config file");
    }
    return warnings;
}

}  // namespace vfswatchd
