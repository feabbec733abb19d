// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "bpf/vfswatch_abi.h"
#include "model/target.h"

namespace vfswatchd {

/// A process that targets name by its number.
struct ProcessRow {
    std::uint32_t tgid = 0;
    TargetMask targets = 0;
};

/// What the kernel side needs to decide which reads are wanted: the config, lowered.
struct Filter {
    vfswatch_settings settings{};
    std::vector<ProcessRow> processes;
    /// Row VFSWATCH_PATH_DEAD and VFSWATCH_PATH_START first.
    std::vector<vfswatch_path_state> path_states;
};

/// How large the kernel's tables are made.
struct TableSizes {
    std::uint32_t max_files = 0;
    std::uint32_t max_tasks = 0;
    std::uint32_t processes = 0;
    std::uint32_t path_states = 0;
};

}  // namespace vfswatchd
