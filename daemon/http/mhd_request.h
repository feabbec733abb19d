// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/basic_auth.h"

namespace vfswatchd {

/// Every value that a request has of a header or an argument, in its order. `name` is a literal.
[[nodiscard]] std::vector<std::string> values_of(MHD_Connection* connection, MHD_ValueKind kind,
                                                 std::string_view name);

/// Several headers of one name are one, with commas between. Source: RFC 9110, 5.3.
[[nodiscard]] std::string header_of(MHD_Connection* connection, std::string_view name);

/// Absent: none that can be read. Two of them could be read in two ways.
[[nodiscard]] std::optional<BasicCredentials> credentials_of(MHD_Connection* connection);

/// Percent-decoding in place, as MHD_OPTION_UNESCAPE_CALLBACK wants it. What stands for a NUL stays
/// as it is written: a path or a name would be taken for the part before it.
std::size_t unescape(void* context, MHD_Connection* connection, char* text);

}  // namespace vfswatchd
