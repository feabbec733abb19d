// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vfswatchd {

/// Text as man(7) has it: what is special to roff shows as it is. Dashes become minus signs, which
/// can be copied into a command.
[[nodiscard]] std::string roff(std::string_view text);

/// Text in bold.
[[nodiscard]] std::string bold(std::string_view text);

/// Text in italics, as what stands for another.
[[nodiscard]] std::string italic(std::string_view text);

/// Prose as lines of at most 80 characters, each sentence on a line of its own.
[[nodiscard]] std::string roff_prose(std::string_view text);

/// An entry of a list: a tag, which is roff already, and below it prose.
[[nodiscard]] std::string tagged(std::string_view tag, std::string_view text);

}  // namespace vfswatchd
