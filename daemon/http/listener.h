// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// Where to listen: a numeric IPv4 or IPv6 address without brackets, or `localhost`, which is
/// 127.0.0.1 whatever /etc/hosts says. Port 0: any free one. `::` takes no IPv4 clients.
struct HttpAddress {
    std::string host;
    std::uint16_t port = 0;
};

/// As people write it: 127.0.0.1:9974, [::1]:9974.
[[nodiscard]] std::string to_text(const HttpAddress& address);

struct Listener {
    UniqueFd socket;
    HttpAddress address;  ///< with the port that was bound
};

/// Opens, binds and listens; the socket is non-blocking and close-on-exec.
/// Errors: the message names the address, what the system said, and the remedy.
[[nodiscard]] Result<Listener> open_listener(const HttpAddress& address);

}  // namespace vfswatchd
