// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bpf/vfswatch_abi.h"
#include "model/target.h"

namespace vfswatchd {

/// Does what the kernel side does with the rows.
inline TargetMask match(const std::vector<vfswatch_path_state>& rows, std::string_view path,
                        std::uint32_t start = VFSWATCH_PATH_START) {
    std::uint32_t state = start;
    for (const char c : path) {
        state = rows.at(state).next[static_cast<unsigned char>(c)];
        if (state == VFSWATCH_PATH_DEAD) return 0;
    }
    return rows.at(state).targets;
}

}  // namespace vfswatchd
