// SPDX-License-Identifier: Apache-2.0
#include "service/control_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.h"
#include "service/control_protocol.h"

namespace vfswatchd {
namespace {

Result<UniqueFd> connect_to(const std::string& path) {
    const auto address = control_address(path);
    if (!address) return fail(address.error());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return fail(errno_error(errno, "make a socket"));
    const auto* to = reinterpret_cast<const sockaddr*>(&*address);
    if (connect(socket.get(), to, sizeof(*address)) != 0) return fail(errno_error(errno, path));
    return socket;
}

/// All of it at once: a request is shorter than any socket's buffer.
Result<void> send_line(int socket, std::string_view request) {
    const std::string line = std::string(request) + "\n";
    if (send(socket, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return fail(errno_error(errno, "send the request"));
    return {};
}

/// Until the daemon hangs up.
Result<std::string> receive_all(int socket) {
    std::string text;
    std::array<char, std::size_t{64} * 1024> chunk;
    while (text.size() <= kMaxAnswerBytes) {
        const ssize_t got = recv(socket, chunk.data(), chunk.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(errno_error(errno, "receive the answer"));
        if (got == 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return fail(plain_error("the answer is longer than any may be"));
}

}  // namespace

Result<ReloadOutcome> ask_daemon(const std::string& socket_path, std::string_view request) {
    const auto socket = connect_to(socket_path);
    if (!socket) return fail(socket.error());
    if (auto done = send_line(socket->get(), request); !done) return fail(done.error());
    const auto text = receive_all(socket->get());
    if (!text) return fail(text.error());
    if (text->empty()) return fail(plain_error("the daemon ended before it answered"));
    return parse_answer(*text);
}

}  // namespace vfswatchd
