// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/checked.h"
#include "config/config.h"
#include "config/fault.h"
#include "config/keys.h"
#include "config/yaml_tree.h"

namespace vfswatchd {

/// What was found, for a message.
[[nodiscard]] std::string found(const YamlNode& node);

/// What a key takes, for a message.
[[nodiscard]] std::string expected(const KeySpec& key);

/// The values of one file that any part of the configuration may have, and the faults in them.
class NodeReader {
  public:
    using Kind = YamlNode::Kind;
    /// What stands in a list already, and where.
    using Seen = std::map<std::string, ConfigPlace>;
    using Check = Checked<void> (*)(std::string_view text);

    explicit NodeReader(std::vector<ConfigFault>& faults) : faults_(faults) {}

    /// Whatever is read from here on is of this file.
    void start(const std::string& file) { file_ = file; }

    [[nodiscard]] ConfigPlace place(const YamlNode& node) const {
        return {file_, node.place.line, node.place.column};
    }
    void fault(const YamlNode& node, std::string message) {
        fault(place(node), std::move(message));
    }
    void fault(const ConfigPlace& place, std::string message) {
        faults_.push_back({place, std::move(message)});
    }

    /// The items of a list of the right shape and size; none after a fault.
    const std::vector<YamlNode>& items(const KeySpec& key, const YamlNode& node);
    /// Reports whatever is no scalar, and with `plain` what stands in quotes.
    bool is_scalar(const KeySpec& key, const YamlNode& node, bool plain = false);
    /// Reports a second item that means the same as an earlier one of the same list.
    bool is_first(Seen& seen, const std::string& item, const YamlNode& node, const KeySpec& key);

    /// Reports an item of a list of texts that is no text, does not pass the check or stands there
    /// already.
    bool is_new_text(const KeySpec& key, const YamlNode& item, Check check, Seen& seen);

    void read_count(const KeySpec& key, const YamlNode& node, std::uint32_t& out);
    void read_bool(const KeySpec& key, const YamlNode& node, bool& out);
    /// nullptr after a fault.
    template <typename Word>
    const Word* find_word(const KeySpec& key, const YamlNode& node, std::span<const Word> words);

  private:
    void unknown_word(const KeySpec& key, const YamlNode& node);

    std::vector<ConfigFault>& faults_;
    std::string file_;
};

template <typename Word>
const Word* NodeReader::find_word(const KeySpec& key, const YamlNode& node,
                                  std::span<const Word> words) {
    if (!is_scalar(key, node)) return nullptr;
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const Word& w) { return w.word == node.text; });
    if (word != words.end()) return &*word;
    unknown_word(key, node);
    return nullptr;
}

}  // namespace vfswatchd
