// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "service/reload_outcome.h"

namespace vfswatchd {

/// Sends one request to the daemon whose socket this is (control_protocol.h), and waits for the
/// answer for as long as it takes.
/// Errors: with the code of connect(2) where nobody is there or it is not permitted; the daemon
/// ended before it had answered; what came is no answer.
[[nodiscard]] Result<ReloadOutcome> ask_daemon(const std::string& socket_path,
                                               std::string_view request);

}  // namespace vfswatchd
