// SPDX-License-Identifier: Apache-2.0
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>
#include <vector>

#include "base/unique_fd.h"

namespace vfswatchd::bench {

ScrapeClient::Duration ScrapeClient::get(std::uint16_t port, const std::string& path, bool gzip) {
    const std::string request = "GET " + path +
                                " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                                (gzip ? "Accept-Encoding: gzip\r\n\r\n" : "\r\n");
    std::vector<char> block(256 * 1024);
    answer_.clear();

    const auto begin = std::chrono::steady_clock::now();
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
        ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
        throw std::runtime_error("the server cannot be reached");
    }
    ssize_t got = 0;
    while ((got = ::recv(fd.get(), block.data(), block.size(), 0)) > 0) {
        answer_.append(block.data(), static_cast<std::size_t>(got));
    }
    return std::chrono::steady_clock::now() - begin;
}

}  // namespace vfswatchd::bench
