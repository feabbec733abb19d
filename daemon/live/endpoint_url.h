// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace vfswatchd {

/// Where an endpoint is asked.
struct EndpointUrl {
    std::string shown;        ///< as it is named to people, without the targets
    std::string url;          ///< as curl takes it
    std::string unix_socket;  ///< its path; empty: TCP
    bool tls = false;
    bool loopback = false;  ///< this machine's own address, where no proxy stands between
};

/// `http://HOST[:PORT][/PATH]`, https as well, or `unix:/PATH`. Without a path it is /metrics.
/// The daemon is asked for these targets only; none: for all.
/// Errors: what is wrong with it.
[[nodiscard]] Result<EndpointUrl> parse_endpoint_url(const std::string& text,
                                                     const std::vector<std::string>& targets);

}  // namespace vfswatchd
