// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/body.h"

namespace vfswatchd {

struct HttpReply {
    unsigned status = 200;
    std::vector<std::pair<const char*, const char*>> headers;
    std::string body;
    std::unique_ptr<BodySource> stream;  ///< when set, instead of body
};

/// With the headers that every reply has.
[[nodiscard]] HttpReply make_reply(unsigned status, const char* content_type, std::string body);

/// One line of plain text.
[[nodiscard]] HttpReply text_reply(unsigned status, const std::string& line);

/// 401: the password is wrong, or there is none.
[[nodiscard]] HttpReply unauthorized_reply();

/// 503 that asks the client to come again in a second.
[[nodiscard]] HttpReply busy_reply(const std::string& line);

}  // namespace vfswatchd
