// SPDX-License-Identifier: Apache-2.0
#include "http/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

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
            return "the kernel lacks this address family, or the service has no network of its "
                   "own: write `systemd` as listen.address, for the sockets of vfswatchd.socket, "
                   "or install the drop-in direct-bind.conf";
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

std::uint16_t port_of(const sockaddr_storage& bound) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&bound);
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&bound);
    return ntohs(bound.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

bool bound_port(int socket, std::uint16_t& port) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return false;
    port = port_of(bound);
    return true;
}

/// The option's value; -1: it is no socket, or has no such option.
int option(int socket, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

/// What it is instead of a stream socket that listens; empty: it is one.
std::string misfit(int socket) {
    if (option(socket, SO_TYPE) < 0) return "is no socket";
    if (option(socket, SO_TYPE) != SOCK_STREAM) return "is no stream socket";
    const int family = option(socket, SO_DOMAIN);
    if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
        return "is of an address family other than IPv4, IPv6 and unix";
    if (option(socket, SO_ACCEPTCONN) != 1) return "does not listen";
    return "";
}

std::string unix_name(const sockaddr_storage& bound, socklen_t size) {
    const auto* address = reinterpret_cast<const sockaddr_un*>(&bound);
    constexpr std::size_t kBeforeName = offsetof(sockaddr_un, sun_path);
    if (size <= kBeforeName) return "";
    std::string name(address->sun_path, size - kBeforeName);
    if (name.front() == '\0') return "@" + name.substr(1);
    return name.substr(0, name.find('\0'));
}

std::optional<HttpAddress> bound_address(int socket) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return std::nullopt;
    if (bound.ss_family == AF_UNIX) return HttpAddress{unix_name(bound, size), 0, true};
    std::array<char, NI_MAXHOST> host{};
    if (::getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, host.data(), host.size(), nullptr,
                      0, NI_NUMERICHOST) != 0)
        return std::nullopt;
    return HttpAddress{host.data(), port_of(bound), false};
}

Result<Listener> open_ip_listener(const HttpAddress& address) {
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

sockaddr_un unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

/// Whether there is a socket at the path that nobody listens on any more.
bool is_left_behind(const std::string& path) {
    struct ::stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_un address = unix_address(path);
    return probe &&
           ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
               0 &&
           errno == ECONNREFUSED;
}

const char* unix_remedy(int number) {
    switch (number) {
        case EADDRINUSE:
            return "another process listens there, or it is no socket, or one that was left behind "
                   "and may not be opened: stop it, remove it, or choose another path with "
                   "listen.address";
        case ENOENT:
            return "its directory is missing: create it, or name one that exists, such as "
                   "/run/vfswatchd";
        case EACCES:
        case EROFS:
            return "let the user that runs vfswatchd write to its directory; as a service that is "
                   "the user vfswatchd, which may write to /run/vfswatchd";
        case EPERM:
            return "the user that runs vfswatchd must be in the group (SupplementaryGroups= of the "
                   "service)";
        default:
            return "check listen.address and its mode and group";
    }
}

Error unix_error(const HttpAddress& address, int number) {
    return plain_error("listen on " + to_text(address) + ": " +
                       std::generic_category().message(number) + ": " + unix_remedy(number));
}

/// Nobody may connect yet.
bool bind_closed(int socket, const std::string& path) {
    const sockaddr_un where = unix_address(path);
    return ::fchmod(socket, 0) == 0 &&
           ::bind(socket, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
}

bool let_in(const HttpAddress& address) {
    const char* path = address.host.c_str();
    if (address.group && ::lchown(path, static_cast<::uid_t>(-1), *address.group) != 0)
        return false;
    return ::chmod(path, address.mode) == 0;
}

Result<Listener> open_unix_listener(const HttpAddress& address) {
    if (is_left_behind(address.host)) ::unlink(address.host.c_str());
    Listener listener{UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
                      address};
    const int socket = listener.socket.get();
    if (socket < 0 || !bind_closed(socket, address.host)) return fail(unix_error(address, errno));
    listener.file = SocketFile(address.host);
    if (!let_in(address) || ::listen(socket, SOMAXCONN) != 0)
        return fail(unix_error(address, errno));
    return listener;
}

}  // namespace

std::string to_text(const HttpAddress& address) {
    if (address.is_unix) return "unix:" + address.host;
    const bool v6 = address.host.find(':') != std::string::npos;
    return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string to_url(const HttpAddress& address, bool tls) {
    if (address.is_unix) return to_text(address);
    return (tls ? "https://" : "http://") + to_text(address);
}

bool is_guarded(const HttpAddress& address) {
    struct ::stat status {};
    return address.is_unix && address.host.starts_with('/') &&
           ::stat(address.host.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) == 0;
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
    struct ::stat status {};
    if (::lstat(path_.c_str(), &status) != 0) path_.clear();
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

SocketFile::~SocketFile() {
    struct ::stat status {};
    if (path_.empty() || ::lstat(path_.c_str(), &status) != 0) return;
    if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
}

Result<Listener> open_listener(const HttpAddress& address) {
    return address.is_unix ? open_unix_listener(address) : open_ip_listener(address);
}

Result<Listener> adopt_listener(UniqueFd socket, const std::string& name) {
    const std::string what = misfit(socket.get());
    if (!what.empty())
        return fail(plain_error("the descriptor " + name + " that was passed " + what +
                                ": pass stream sockets that listen (ListenStream= and Accept=no "
                                "of a .socket unit) and nothing else"));
    auto address = bound_address(socket.get());
    if (!address)
        return fail(errno_error(errno, "ask for the address of the passed socket " + name));
    return Listener{std::move(socket), std::move(*address)};
}

}  // namespace vfswatchd
