// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.h"

namespace vfswatchd {

/// One thing that is wrong with a configuration: what was found, what was expected, what to do.
struct ConfigFault {
    ConfigPlace place;
    std::string message;
};

/// `file:line:column`; `file` alone where there is no line.
[[nodiscard]] std::string format_place(const ConfigPlace& place);

/// `file:line:column: message`
[[nodiscard]] std::string format_fault(const ConfigFault& fault);

/// Nobody reads more; a mistaken file of a megabyte must not print a hundred thousand lines.
inline constexpr std::size_t kMaxFaults = 200;

/// Leaves kMaxFaults of them, and one more that says how many were left out.
void cut_faults(std::vector<ConfigFault>& faults);

}  // namespace vfswatchd
