// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/un.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "service/reload_outcome.h"

namespace vfswatchd {

// What is said on the control socket, a stream. The client writes one line, its request; what is
// behind it is not looked at. The server answers and hangs up:
//
//     reload          ->      78 2
//                             /etc/vfswatchd/vfswatchd.yaml:4:7: unknown key `inclode`
//                             the configuration before stays in force
//
// the exit code and how many lines follow. A request that it does not know is answered with 64.

/// Where the daemon as shipped has its socket.
inline constexpr const char* kControlDirectory = "/run/vfswatchd";
inline constexpr const char* kControlSocketName = "control";

inline constexpr std::string_view kReloadRequest = "reload";

/// Of a socket at this path. Errors: the path is too long.
[[nodiscard]] Result<sockaddr_un> control_address(const std::string& path);

/// With its end of line: room for words to come.
inline constexpr std::size_t kMaxRequestBytes = 64;

/// Faults are at most kMaxFaults, each with a path of at most 4095 bytes.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{4} * 1024 * 1024;

/// Lines with an end of line inside count as several. Cut to kMaxAnswerBytes.
[[nodiscard]] std::string answer_text(const ReloadOutcome& outcome);

/// The other way. Errors: it is not whole, or no answer at all.
[[nodiscard]] Result<ReloadOutcome> parse_answer(std::string_view text);

}  // namespace vfswatchd
