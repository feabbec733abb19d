// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>

namespace vfswatchd {
namespace {

constexpr int kSilenceMs = 20'000;

/// By its path; of an abstract one, behind the @.
UniqueFd connect_to_unix(const HttpAddress& address) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address.host.copy(to.sun_path, sizeof to.sun_path - 1);
    if (address.host.substr(0, 1) == "@") to.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.host.size());
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), size) != 0) return {};
    return fd;
}

UniqueFd connect_to(const HttpAddress& address, int receive_buffer_bytes) {
    if (address.is_unix) return connect_to_unix(address);
    const bool v6 = address.host.find(':') != std::string::npos;
    UniqueFd fd(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer_bytes > 0) {
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                     sizeof receive_buffer_bytes);
    }
    sockaddr_in to4{};
    sockaddr_in6 to6{};
    to4.sin_family = AF_INET;
    to6.sin6_family = AF_INET6;
    to4.sin_port = to6.sin6_port = htons(address.port);
    const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
    ::inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(),
                v6 ? static_cast<void*>(&to6.sin6_addr) : static_cast<void*>(&to4.sin_addr));
    const auto* to = v6 ? reinterpret_cast<sockaddr*>(&to6) : reinterpret_cast<sockaddr*>(&to4);
    const socklen_t size = v6 ? sizeof to6 : sizeof to4;
    if (::connect(fd.get(), to, size) != 0) return {};
    return fd;
}

bool readable(int fd, int milliseconds) {
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, milliseconds) == 1;
}

void parse_head(const std::string& head, Answer& answer) {
    if (head.size() > 12) answer.status = std::atoi(head.c_str() + 9);
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
        const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
        const std::string line = head.substr(at + 2, end - at - 2);
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) break;
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        answer.headers[name] = line.substr(colon + 2);
        at = end;
    }
}

}  // namespace

RawClient::RawClient(const HttpAddress& address, int receive_buffer_bytes)
    : socket_(connect_to(address, receive_buffer_bytes)) {}

bool RawClient::receive_some(std::string& into) {
    std::array<char, 65536> block{};
    if (!readable(socket_.get(), kSilenceMs)) return false;
    const ssize_t got = ::recv(socket_.get(), block.data(), block.size(), 0);
    if (got <= 0) return false;
    into.append(block.data(), static_cast<std::size_t>(got));
    return true;
}

bool RawClient::send(const std::string& text) {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
}

void RawClient::finish_sending() {
    ::shutdown(socket_.get(), SHUT_WR);
}

std::string RawClient::receive(std::size_t bytes) {
    while (pending_.size() < bytes && receive_some(pending_)) {
    }
    std::string taken = pending_.substr(0, bytes);
    pending_.erase(0, taken.size());
    return taken;
}

std::string RawClient::receive_all() {
    while (receive_some(pending_)) {
    }
    return std::exchange(pending_, {});
}

bool RawClient::hung_up_within(int milliseconds) {
    char byte = 0;
    return readable(socket_.get(), milliseconds) &&
           ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT) <= 0;
}

Answer RawClient::receive_answer(bool head) {
    Answer answer;
    std::string top;
    while (top.find("\r\n\r\n") == std::string::npos) {
        const std::string byte = receive(1);
        if (byte.empty()) return answer;
        top += byte;
    }
    parse_head(top.substr(0, top.size() - 4), answer);
    answer.whole = true;
    if (head) return answer;
    if (answer.headers.count("content-length") != 0) {
        const std::size_t length = std::stoul(answer.headers["content-length"]);
        answer.body = receive(length);
        answer.whole = answer.body.size() == length;
        return answer;
    }
    if (answer.headers["transfer-encoding"] != "chunked") {
        answer.body = receive_all();
        return answer;
    }
    std::size_t size = 0;
    do {
        std::string line;
        while (line.find("\r\n") == std::string::npos) {
            const std::string byte = receive(1);
            answer.whole = !byte.empty();
            if (!answer.whole) return answer;
            line += byte;
        }
        const auto parsed = std::from_chars(line.data(), line.data() + line.size(), size, 16);
        const std::string chunk = receive(size + 2);
        answer.whole = parsed.ec == std::errc() && chunk.size() == size + 2 &&
                       chunk.compare(size, 2, "\r\n") == 0;
        if (!answer.whole) return answer;
        answer.body.append(chunk, 0, size);
    } while (size != 0);
    return answer;
}

std::string request_text(const std::string& method, const std::string& target,
                         const std::string& headers) {
    return method + " " + target + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" + headers +
           "\r\n";
}

Answer ask(const HttpAddress& address, const std::string& method, const std::string& target,
           const std::string& headers) {
    RawClient client(address);
    if (!client.send(request_text(method, target, headers))) return {};
    Answer answer = client.receive_answer(method == "HEAD");
    answer.whole = answer.whole && client.receive_all().empty();
    return answer;
}

}  // namespace vfswatchd
