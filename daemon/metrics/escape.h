// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace vfswatchd {

/// Appends valid UTF-8 as the exposition format wants it between the quotes of a label value.
void append_exposition_escaped(std::string& out, std::string_view text);

/// Appends `name="value"`, the value escaped both ways: as text, then for the exposition format.
void append_label(std::string& out, std::string_view name, std::string_view raw);

}  // namespace vfswatchd
