// SPDX-License-Identifier: Apache-2.0
#include "crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <stdexcept>

namespace vfswatchd::bench {
namespace {

constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\nHost: a\r\nX-Padding: ";
constexpr std::size_t kOtherDescriptors = 100;

void make_room_for(std::size_t descriptors) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < descriptors)
        throw std::runtime_error("too few descriptors for so many clients");
}

}  // namespace

Crowd::Crowd(std::uint16_t port, Size size) : port_(port), size_(size) {
    make_room_for(size.half_open + size.dripping + kOtherDescriptors);
    for (std::size_t i = 0; i < size.half_open + size.dripping; ++i)
        clients_.push_back(connect());
    thread_ = std::thread([this] { hold(); });
}

Crowd::~Crowd() {
    told_to_end_ = true;
    thread_.join();
}

void Crowd::hold() {
    for (std::size_t second = 0; !told_to_end_; ++second) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        connect_again();
        say(second < kRequest.size() ? kRequest.substr(second, 1) : "x");
    }
}

UniqueFd Crowd::connect() const {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // It goes on in the background; where it fails, the client comes again. What it says then
    // begins in the middle of a request: it is never whole anyway.
    ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
    return fd;
}

void Crowd::connect_again() {
    std::vector<pollfd> looked;
    for (const UniqueFd& client : clients_)
        looked.push_back({client.get(), POLLRDHUP, 0});
    ::poll(looked.data(), looked.size(), 0);
    for (std::size_t i = 0; i < looked.size(); ++i) {
        if (looked[i].revents == 0) continue;
        clients_[i] = connect();
        ++came_again_;
    }
}

void Crowd::say(std::string_view byte) const {
    for (std::size_t i = 0; i < size_.dripping; ++i)
        ::send(clients_[i].get(), byte.data(), byte.size(), MSG_NOSIGNAL);
}

}  // namespace vfswatchd::bench
