// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "model/snippet.h"

namespace vfswatchd {

/// A record of the ring of snippets, checked: nothing in it is believed that its own length does
/// not bear out. nullopt: it is malformed.
[[nodiscard]] std::optional<Snippet> decode_snippet(std::span<const std::byte> record);

}  // namespace vfswatchd
