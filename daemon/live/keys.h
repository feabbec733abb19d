// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "live/table.h"

namespace vfswatchd {

enum class KeyAction { kQuit, kSort, kPause, kHelp, kRedraw };

struct KeyPress {
    KeyAction action;
    SortKey sort = SortKey::kBytes;  ///< kSort: by this

    friend bool operator==(const KeyPress&, const KeyPress&) = default;
};

/// What was pressed, of the bytes that one read from a terminal gave. What means nothing is left
/// out, and so is all behind an escape: arrows and function keys send letters of their own.
[[nodiscard]] std::vector<KeyPress> read_keys(std::string_view bytes);

}  // namespace vfswatchd
