// SPDX-License-Identifier: Apache-2.0
#include "http/reply.h"

namespace vfswatchd {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";

}  // namespace

HttpReply make_reply(unsigned status, const char* content_type, std::string body) {
    HttpReply made;
    made.status = status;
    made.headers = {{"Content-Type", content_type},
                    {"Cache-Control", "no-store"},
                    {"X-Content-Type-Options", "nosniff"}};
    made.body = std::move(body);
    return made;
}

HttpReply text_reply(unsigned status, const std::string& line) {
    return make_reply(status, kPlainText, line + "\n");
}

HttpReply unauthorized_reply() {
    HttpReply made = text_reply(401, "unauthorized: a user and a password are needed");
    made.headers.emplace_back("WWW-Authenticate", "Basic realm=\"vfswatchd\", charset=\"UTF-8\"");
    return made;
}

HttpReply busy_reply(const std::string& line) {
    HttpReply made = text_reply(503, "busy: " + line);
    made.headers.emplace_back("Retry-After", "1");
    return made;
}

}  // namespace vfswatchd
