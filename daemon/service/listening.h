// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "http/listener.h"
#include "service/passed_fds.h"

namespace vfswatchd {

/// Where the endpoint listens.
struct Listening {
    std::vector<Listener> listeners;    ///< in the order of the configuration
    std::vector<std::string> warnings;  ///< sockets that were passed and nobody serves
};

/// Opens what the configuration names. Sockets that systemd passed stand for the entry `systemd`,
/// and for the default address where nothing is named.
/// Errors: an address cannot be had, or a passed descriptor is no socket that listens: names it and
/// the remedy; `systemd` is named and nothing was passed: with the entry's file:line:column.
[[nodiscard]] Result<Listening> open_listeners(const Config& config, std::vector<PassedFd> sockets);

}  // namespace vfswatchd
