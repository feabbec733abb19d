// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/fault.h"

namespace vfswatchd {

/// Line and character in one file, counted from 1.
struct TextPlace {
    int line = 1;
    int column = 1;
};

/// A YAML document as written: scalars stay text, so that `no`, `010` and `1e3` are what they say,
/// and keys stay a list, so that a key that stands twice is seen.
struct YamlNode {
    enum class Kind {
        kNull,  ///< nothing, `~` or `null`
        kScalar,
        kSequence,
        kMapping,
        kRefused,  ///< reported already; readers pass over it
    };

    Kind kind = Kind::kNull;
    bool in_quotes = false;
    /// Written in double quotes with an escape `\x`, which YAML itself has read.
    bool yaml_hex_escape = false;
    TextPlace place;  ///< of a missing value: its key's or its list's place
    std::string text;
    std::vector<YamlNode> keys;   ///< of a mapping: keys[i] belongs to items[i]
    std::vector<YamlNode> items;  ///< of a sequence or mapping
};

/// Reads the one document that a file may hold. Anchors, aliases and tags are refused, so the
/// tree is never larger than the text.
/// Errors: added to `faults`; nullopt where the text is no YAML, is larger than
/// kMaxConfigBytes or is nested deeper than any configuration.
[[nodiscard]] std::optional<YamlNode> read_yaml(const std::string& file, const std::string& text,
                                                std::vector<ConfigFault>& faults);

/// 64 targets of 1,000 patterns fit; a mistaken /var/log/syslog does not.
inline constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20U;

}  // namespace vfswatchd
