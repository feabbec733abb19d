// SPDX-License-Identifier: Apache-2.0
#include "http/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace vfswatchd {
namespace {

struct FreeAddrinfo {
    void operator()(addrinfo* info) const { ::freeaddrinfo(info); }
};
using AddrinfoPtr = std::unique_ptr<addrinfo, FreeAddrinfo>;

const char* remedy(int number) {
    switch (number) {
        case EADDRINUSE:
            return "stop what holds the port (ss -ltnp) or choose another with listen.address";
        case EACCES:
            return "choose a port above 1023 with listen.address or give the service "
                   "CAP_NET_BIND_SERVICE";
        case EADDRNOTAVAIL:
            return "no interface has this address (ip address): choose one that exists with "
                   "listen.address";
        case EAFNOSUPPORT:
            return "the kernel or the service's RestrictAddressFamilies= lacks this address "
                   "family: choose another with listen.address";
        case EMFILE:
        case ENFILE:
            return "raise the limit of open files (LimitNOFILE= of the service)";
        default:
            return "check listen.address";
    }
}

Error listen_error(const HttpAddress& address, int number) {
    return plain_error("listen on " + to_text(address) + ": " +
                       std::generic_category().message(number) + ": " + remedy(number));
}

Result<AddrinfoPtr> resolve(const HttpAddress& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    // Numeric only: a name would tie the start of the service to a name server's answer.
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
    addrinfo* found = nullptr;
    const int status =
        ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (host.empty() || status != 0) {
        AddrinfoPtr unused(found);
        return fail(plain_error("listen on " + to_text(address) +
                                ": not an IPv4 or IPv6 address or localhost: write listen.address "
                                "as 127.0.0.1:9974 or [::1]:9974"));
    }
    return AddrinfoPtr(found);
}

bool set_options(int socket, int family) {
    const int on = 1;
    if (::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return false;
    // The same on every machine, whatever net.ipv6.bindv6only says, and `0.0.0.0` and `::` may
    // stand side by side.
    return family != AF_INET6 ||
           ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
}

bool bound_port(int socket, std::uint16_t& port) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return false;
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&bound);
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&bound);
    port = ntohs(bound.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
    return true;
}

}  // namespace

std::string to_text(const HttpAddress& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<Listener> open_listener(const HttpAddress& address) {
    Result<AddrinfoPtr> resolved = resolve(address);
    if (!resolved) return fail(resolved.error());
    const addrinfo& info = **resolved;

    Listener listener{
        UniqueFd(::socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), address};
    const int socket = listener.socket.get();
    if (socket < 0 || !set_options(socket, info.ai_family) ||
        ::bind(socket, info.ai_addr, info.ai_addrlen) != 0 || ::listen(socket, SOMAXCONN) != 0 ||
        !bound_port(socket, listener.address.port)) {
        return fail(listen_error(address, errno));
    }
    return listener;
}

}  // namespace vfswatchd
