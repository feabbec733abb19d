// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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

/// Processes of a name: the thread-group leader's comm, filled up with NUL.
struct CommRow {
    std::array<char, VFSWATCH_COMM_BYTES> comm{};
    TargetMask targets = 0;
};

/// Tasks of a user.
struct UidRow {
    std::uint32_t uid = 0;
    TargetMask targets = 0;
};

/// What the kernel side needs to decide which reads are wanted: the config, lowered.
struct Filter {
    vfswatch_settings settings{};
    std::vector<ProcessRow> processes;
    std::vector<CommRow> comms;
    std::vector<UidRow> uids;
    /// Row VFSWATCH_PATH_DEAD and VFSWATCH_PATH_START first. Behind the files' rows those of
    /// executables, of cgroups and of sensitive files, which begin at settings.exe_start,
    /// settings.cgroup_start and settings.sensitive_start.
    std::vector<vfswatch_path_state> path_states;
};

/// How large the kernel's tables are made.
struct TableSizes {
    std::uint32_t max_files = 0;
    std::uint32_t max_tasks = 0;
    std::uint32_t processes = 0;
    std::uint32_t comms = 0;
    std::uint32_t uids = 0;
    std::uint32_t path_states = 0;
    std::uint32_t snippets = 1;  ///< being made at one moment
    std::uint32_t snippet_ring_bytes = 4096;
};

}  // namespace vfswatchd
