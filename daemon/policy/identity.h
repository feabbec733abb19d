// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/config.h"
#include "model/filter.h"

namespace vfswatchd {

/// What saved counts and kernel objects must have been made for, to be gone on with. Not for
/// people.
struct Identity {
    std::string layout;  ///< of the shared tables and of what is saved
    std::string config;  ///< of all that decides what is counted under which name

    friend bool operator==(const Identity&, const Identity&) = default;
};

[[nodiscard]] Identity identity_of(const Config& config, const Filter& filter);

}  // namespace vfswatchd
