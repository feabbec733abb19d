// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kernel/kept_objects.h"

namespace vfswatchd {

class Keeper;
class PinnedState;

/// What a process leaves to the next one.
struct Estate {
    std::string state;               ///< as its Watch saved it last
    KeptObjects objects;             ///< the kernel's, of that time; who adopts them takes them out
    std::vector<std::string> names;  ///< records that the kernel announced since
};

/// Where an estate may lie, for this process to take it and to leave its own.
struct EstatePlaces {
    Keeper* keeper = nullptr;       ///< over a restart or a crash; nullptr: no systemd is there
    PinnedState* pinned = nullptr;  ///< over a stop; nullptr: it may be another daemon's
};

}  // namespace vfswatchd
