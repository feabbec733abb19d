// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// Where to listen: a numeric IPv4 or IPv6 address without brackets, or `localhost`, which is
/// 127.0.0.1 whatever /etc/hosts says. Port 0: any free one. `::` takes no IPv4 clients.
/// Of a unix socket: its path; of one that was passed @ and its abstract name, or empty: it has
/// none.
struct HttpAddress {
    std::string host;
    std::uint16_t port = 0;
    bool is_unix = false;
    std::uint32_t mode = 0660;                ///< of a unix socket that is bound
    std::optional<std::uint32_t> group = {};  ///< of a unix socket that is bound; absent: own
};

/// As people write it: 127.0.0.1:9974, [::1]:9974, unix:/run/socket.
[[nodiscard]] std::string to_text(const HttpAddress& address);

/// As a browser takes it; of a unix socket as to_text.
[[nodiscard]] std::string to_url(const HttpAddress& address, bool tls);

/// Whether nobody but its owner and group may connect: a unix socket with a file whose mode says
/// so.
[[nodiscard]] bool is_guarded(const HttpAddress& address);

/// The file of a unix socket that this process bound; removed with it, unless another has its
/// place.
class SocketFile {
  public:
    SocketFile() = default;
    explicit SocketFile(std::string path);
    SocketFile(SocketFile&& other) noexcept { swap(other); }
    SocketFile& operator=(SocketFile&& other) noexcept {
        swap(other);
        return *this;
    }
    SocketFile(const SocketFile&) = delete;
    SocketFile& operator=(const SocketFile&) = delete;
    ~SocketFile();

  private:
    void swap(SocketFile& other) noexcept {
        path_.swap(other.path_);
        std::swap(device_, other.device_);
        std::swap(inode_, other.inode_);
    }

    std::string path_;  ///< empty: none
    ::dev_t device_ = 0;
    ::ino_t inode_ = 0;
};

struct Listener {
    UniqueFd socket;
    HttpAddress address;   ///< with the port that was bound
    SocketFile file = {};  ///< of a unix socket that was bound
};

/// Opens, binds and listens; the socket is non-blocking and close-on-exec. A unix socket that
/// nobody listens on any more is replaced.
/// Errors: the message names the address, what the system said, and the remedy.
[[nodiscard]] Result<Listener> open_listener(const HttpAddress& address);

/// Takes a socket that somebody else bound, and goes on holding: closing this descriptor does not
/// end it. `name` is what the message calls it.
/// Errors: it is no stream socket of IPv4, IPv6 or unix that listens.
[[nodiscard]] Result<Listener> adopt_listener(UniqueFd socket, const std::string& name);

}  // namespace vfswatchd
