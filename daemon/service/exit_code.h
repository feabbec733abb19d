// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace vfswatchd {

/// What the process tells its caller. Source: sysexits.h, as the unit and the man page name them.
enum class ExitCode : int {
    kOk = 0,
    kUsage = 64,        ///< a flag or an environment variable is wrong
    kUnavailable = 69,  ///< the kernel refuses, an address is in use
    kPermission = 77,   ///< a capability is missing
    kConfig = 78,       ///< the configuration is wrong
};

}  // namespace vfswatchd
