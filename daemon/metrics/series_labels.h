// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/reads.h"
#include "model/target.h"

namespace vfswatchd {

/// Appends the labels of one sum's series in a target, separated by commas, without braces.
/// `path` and `cgroup` are raw bytes; the key's fields that the target does not show are ignored.
void append_labels(std::string& out, const Target& target, std::string_view path,
                   const vfswatch_sum_key& key, std::string_view cgroup);

/// The systemd unit that a cgroup belongs to: the first component of its path that is no slice;
/// empty: that is no unit. An escape of systemd's file names is taken off.
/// Source: systemd's cg_path_get_unit().
[[nodiscard]] std::string_view unit_of(std::string_view cgroup);

}  // namespace vfswatchd
