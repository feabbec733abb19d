// SPDX-License-Identifier: Apache-2.0
#include "service/listening.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/fault.h"

namespace vfswatchd {
namespace {

std::string with_quotes(const std::string& name) {
    return "`" + name + "`";
}

std::optional<Error> add_passed(std::vector<PassedFd> sockets, std::vector<Listener>& listeners) {
    for (PassedFd& socket : sockets) {
        auto listener = adopt_listener(std::move(socket.fd), with_quotes(socket.name));
        if (!listener) return listener.error();
        listeners.push_back(std::move(*listener));
    }
    return std::nullopt;
}

Error none_passed(const ConfigPlace& place) {
    return plain_error(format_place(place) +
                       ": found `systemd`, but systemd passed no socket: start the service by "
                       "systemd with vfswatchd.socket (systemctl start vfswatchd.socket), or name "
                       "an address");
}

std::vector<std::string> unused(const std::vector<PassedFd>& sockets) {
    std::vector<std::string> warnings;
    for (const PassedFd& socket : sockets)
        warnings.push_back("nobody serves the socket " + with_quotes(socket.name) +
                           " that systemd passed, because other addresses are named: add "
                           "`- address: systemd` to listen, or stop that socket unit");
    return warnings;
}

}  // namespace

Result<Listening> open_listeners(const Config& config, std::vector<PassedFd> sockets) {
    Listening listening;
    if (config.listens_by_default && !sockets.empty()) {
        if (auto error = add_passed(std::move(sockets), listening.listeners)) return fail(*error);
        return listening;
    }
    const bool takes_passed = std::any_of(config.listen.begin(), config.listen.end(),
                                          [](const auto& address) { return address.systemd; });
    if (!takes_passed) listening.warnings = unused(sockets);
    for (const ListenAddress& address : config.listen) {
        if (!address.systemd) {
            auto listener = open_listener(
                {address.host, address.port, address.is_unix, address.mode, address.group});
            if (!listener) return fail(listener.error());
            listening.listeners.push_back(std::move(*listener));
            continue;
        }
        if (sockets.empty()) return fail(none_passed(address.place));
        if (auto error = add_passed(std::exchange(sockets, {}), listening.listeners))
            return fail(*error);
    }
    return listening;
}

}  // namespace vfswatchd
