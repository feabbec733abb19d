// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace vfswatchd {

/// The name of this architecture's system call of that number, where it is one that reads files or
/// lets the kernel read them; `syscall_N` of any other.
/// Source: syscalls(2), the SYS_ constants of sys/syscall.h.
std::string call_name(std::uint32_t number);

}  // namespace vfswatchd
