// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace vfswatchd {

struct BadRequest {
    std::string what;
    std::string bytes;
    bool may_be_served = false;  ///< odd, but a request: the first answer may be a 2xx
};

/// What no client should send. Of each the server may refuse it or hang up, nothing else, but
/// where it may be served.
[[nodiscard]] std::vector<BadRequest> bad_requests();

}  // namespace vfswatchd
