// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vfswatchd {

struct BasicCredentials {
    std::string user;
    std::string password;
};

/// What an Authorization header holds; absent: not of the Basic scheme, or malformed.
/// Source: RFC 7617.
[[nodiscard]] std::optional<BasicCredentials> parse_basic_auth(std::string_view authorization);

}  // namespace vfswatchd
