// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/snippet.h"

namespace vfswatchd {

/// The entry of a sampled read, as KEY=VALUE. The data is cut to the target's max_bytes (another
/// target of the same sample may have asked for more), then redacted, then encoded.
/// VFSWATCH_PATH and VFSWATCH_COMM are as the metrics' labels show them. MESSAGE is for people: one
/// line that no terminal is fooled by, with the beginning of the snippet.
/// Thread: any.
[[nodiscard]] std::vector<std::string> snippet_fields(const Snippet& snippet,
                                                      const std::string& target,
                                                      const SnippetRules& rules);

/// A warning that says why a sample, which has a fault, has no bytes.
/// faults_so_far: of this target, this one included.
/// Thread: any.
[[nodiscard]] std::vector<std::string> fault_fields(const Snippet& snippet,
                                                    const std::string& target,
                                                    std::uint64_t faults_so_far);

}  // namespace vfswatchd
