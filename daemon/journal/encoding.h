// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/snippet.h"

namespace vfswatchd {

/// Any bytes as valid UTF-8 without control characters:
///   text    C-style: `\n \t \r \\ \"`, and `\xNN` for every byte of what else terminal_text()
///           escapes
///   hex     lower case
///   base64  RFC 4648, with padding
[[nodiscard]] std::string encode(SnippetEncoding encoding, std::string_view bytes);

/// The bytes of which encode() makes this text.
/// Errors: nullopt where there are none: nothing is forgiven, as others may write to the journal.
[[nodiscard]] std::optional<std::string> decode(SnippetEncoding encoding, std::string_view text);

}  // namespace vfswatchd
