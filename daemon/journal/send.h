// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace vfswatchd {

/// Hands an entry of KEY=VALUE fields to journald, whose values may be binary. Waits while journald
/// has no room for it: for ever where journald is stopped.
/// Returns whether it has been handed over.
/// Thread: any.
bool send_to_journal(const std::vector<std::string>& fields);

}  // namespace vfswatchd
