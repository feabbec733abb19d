// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "model/filter.h"

struct vfswatch_bpf;

namespace vfswatchd {

/// Sets the maps' capacities, which must be known before load.
void size_tables(vfswatch_bpf& skeleton, const TableSizes& sizes);

/// Writes the filter into the loaded maps. Before attach, so that no read is seen unfiltered.
[[nodiscard]] Result<void> fill_tables(vfswatch_bpf& skeleton, const Filter& filter,
                                       const TableSizes& sizes);

}  // namespace vfswatchd
