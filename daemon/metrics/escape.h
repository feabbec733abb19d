// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vfswatchd {

/// Raw bytes as a label shows them: bytes that are not valid UTF-8 and control characters (0x00 to
/// 0x1f, 0x7f) become `\xNN`, a backslash becomes two. The result is valid UTF-8, and two different
/// inputs never give the same one.
std::string label_text(std::string_view raw);

/// Appends valid UTF-8 as the exposition format wants it between the quotes of a label value.
void append_exposition_escaped(std::string& out, std::string_view text);

/// Appends `name="value"`, the value escaped both ways.
void append_label(std::string& out, std::string_view name, std::string_view raw);

}  // namespace vfswatchd
