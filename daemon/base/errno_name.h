// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vfswatchd {

/// The name of an error (positive) as errno(3) has it, or the kernel's own where no system call
/// returns it; empty: it has none.
[[nodiscard]] std::string_view errno_name(int number);

}  // namespace vfswatchd
