// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace vfswatchd {

/// syslog's priorities, as the journal stores them: most urgent first.
enum class LogLevel : int { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6, kDebug = 7 };

}  // namespace vfswatchd
