// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// Where to listen: a numeric IPv4 or IPv6 address without brackets, or `localhost`, which is
/// 127.0.0.1 whatever /etc/hosts says. Port 0: any free one. `::` takes no IPv4 clients.
/// Of a unix socket that was passed: its path, or @ and its abstract name; empty: it has none.
struct HttpAddress {
    std::string host;
    std::uint16_t port = 0;
    bool is_unix = false;
};

/// As people write it: 127.0.0.1:9974, [::1]:9974, unix:/run/socket.
[[nodiscard]] std::string to_text(const HttpAddress& address);

/// As a browser takes it; of a unix socket as to_text.
[[nodiscard]] std::string to_url(const HttpAddress& address);

struct Listener {
    UniqueFd socket;
    HttpAddress address;  ///< with the port that was bound
};

/// Opens, binds and listens; the socket is non-blocking and close-on-exec.
/// Errors: the message names the address, what the system said, and the remedy.
[[nodiscard]] Result<Listener> open_listener(const HttpAddress& address);

/// Takes a socket that somebody else bound, and goes on holding: closing this descriptor does not
/// end it. `name` is what the message calls it.
/// Errors: it is no stream socket of IPv4, IPv6 or unix that listens.
[[nodiscard]] Result<Listener> adopt_listener(UniqueFd socket, const std::string& name);

}  // namespace vfswatchd
