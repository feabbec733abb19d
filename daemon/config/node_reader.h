// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
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

/// The mappings and values of one file that any part of it may have, and the faults in them.
class NodeReader {
  public:
    using Kind = YamlNode::Kind;
    /// What stands in a list already, and where.
    using Seen = std::map<std::string, ConfigPlace>;
    using Check = Checked<void> (*)(std::string_view text);
    /// What is done with a pair of a mapping that stands there for the first time.
    using ReadPair = std::function<void(const YamlNode& key, const YamlNode& value)>;

    NodeReader(KeyTable keys, std::vector<ConfigFault>& faults) : keys_(keys), faults_(faults) {}

    /// Whatever is read from here on is of this file.
    void start(const std::string& file) { file_ = file; }

    [[nodiscard]] ConfigPlace place(const YamlNode& node) const {
        return {file_, node.place.line, node.place.column};
    }
    [[nodiscard]] const std::string& file() const { return file_; }
    void fault(const YamlNode& node, std::string message) {
        fault(place(node), std::move(message));
    }
    void fault(const ConfigPlace& place, std::string message) {
        faults_.push_back({place, std::move(message)});
    }

    /// What a key takes, for a message.
    [[nodiscard]] std::string expected(const KeySpec& key) const;

    /// Each pair once, of a mapping that has some; `content` says which, for messages, and `remedy`
    /// what is to be done where there is none.
    void read_pairs(const YamlNode& node, const std::string& content, const std::string& remedy,
                    const ReadPair& read);
    /// A mapping with the table's keys below `path`; reports those that it needs and lacks.
    void read_mapping(const YamlNode& node, std::string_view path,
                      const std::function<void(const KeySpec& key, const YamlNode& key_node,
                                               const YamlNode& value)>& read);

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
    const Word* find_word(const KeySpec& key, const YamlNode& node, std::span<const Word> words,
                          const std::vector<std::string_view>& names);
    /// The same, where the key's words are known to words_of().
    template <typename Word>
    const Word* find_word(const KeySpec& key, const YamlNode& node, std::span<const Word> words) {
        return find_word(key, node, words, words_of(key.id));
    }
    void unknown_word(const KeySpec& key, const YamlNode& node,
                      const std::vector<std::string_view>& known);

  private:
    void unknown_key(const YamlNode& key_node, std::string_view path);
    void require(const YamlNode& node, std::string_view path);

    KeyTable keys_;
    std::vector<ConfigFault>& faults_;
    std::string file_;
};

template <typename Word>
const Word* NodeReader::find_word(const KeySpec& key, const YamlNode& node,
                                  std::span<const Word> words,
                                  const std::vector<std::string_view>& names) {
    if (!is_scalar(key, node)) return nullptr;
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const Word& w) { return w.word == node.text; });
    if (word != words.end()) return &*word;
    unknown_word(key, node, names);
    return nullptr;
}

}  // namespace vfswatchd
