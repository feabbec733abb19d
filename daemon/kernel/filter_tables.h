// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "model/filter.h"

struct vfswatch_bpf;

namespace vfswatchd {

/// Sets the maps' capacities, which must be known before load.
void size_tables(vfswatch_bpf& skeleton, const TableSizes& sizes);

/// Puts the ids of all sums among those that are free. For books that are new.
[[nodiscard]] Result<void> fill_free_sums(vfswatch_bpf& skeleton, std::uint32_t count);

/// Writes the filter into the loaded maps. Before attach, so that no read is seen unfiltered.
/// `earlier_processes`: the table of processes of the programs before, which knows whom their
/// numbers mean; -1: none.
[[nodiscard]] Result<void> fill_tables(vfswatch_bpf& skeleton, const Filter& filter,
                                       int earlier_processes);

}  // namespace vfswatchd
