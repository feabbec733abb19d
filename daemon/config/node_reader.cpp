// SPDX-License-Identifier: Apache-2.0
#include "config/node_reader.h"

#include "config/text.h"
#include "config/values.h"

namespace vfswatchd {

std::string found(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::kNull:
            return "nothing";
        case YamlNode::Kind::kScalar:
            return node.in_quotes ? "the quoted text " + with_quotes(node.text)
                                  : with_quotes(node.text);
        case YamlNode::Kind::kSequence:
            return "a list";
        case YamlNode::Kind::kMapping:
            return "a mapping";
        case YamlNode::Kind::kRefused:
            break;
    }
    return "something else";
}

std::string NodeReader::expected(const KeySpec& key) const {
    const std::string children = listed(names_under(keys_, key.path));
    // Of the web config file's keys whoever reads one knows the words.
    const std::string words = listed(words_of(key.id));
    switch (key.type) {
        case KeyType::kMapping:
            return "a mapping with some of the keys " + children;
        case KeyType::kMappingList:
            return "a list of mappings, each beginning with `- " +
                   std::string(names_under(keys_, std::string(key.path) + "[]").front()) + ":`";
        case KeyType::kName:
            return "a name; put a word like null in quotes";
        case KeyType::kAddress:
            return "an address in quotes, such as \"127.0.0.1:9974\" or \"[::1]:9974\"";
        case KeyType::kFile:
            return "the path of a file";
        case KeyType::kText:
            return "a text";
        case KeyType::kMode:
            return "permissions in octal and in quotes, such as \"0660\"";
        case KeyType::kGroup:
            return "a group, such as prometheus or 1001";
        case KeyType::kCount:
            return "a plain number from " + std::to_string(key.min) + " to " +
                   std::to_string(key.max);
        case KeyType::kDuration:
            return "a duration such as 15s, 1m30s or 2h";
        case KeyType::kSample:
            return "one read in how many, such as 1/100";
        case KeyType::kRate:
            return "a rate such as 10/s, 30/m or 100/h";
        case KeyType::kPidList:
            return "a list of process ids such as [4242]";
        case KeyType::kCommList:
            return "a list of processes' names such as [postgres]; put a word like null in quotes";
        case KeyType::kUnitList:
            return "a list of units in single quotes, such as ['nginx.service', 'app@*.service']";
        case KeyType::kUidList:
            return "a list of users such as [postgres, 1001]";
        case KeyType::kPatternList:
            return "a list of patterns in quotes, such as [\"/etc/**\", \"*.conf\"]";
        case KeyType::kExpressionList:
            return "a list of regular expressions in single quotes, such as ['password=(\\S+)']";
        case KeyType::kWordList:
            return words.empty() ? "a list in brackets" : "a list with some of " + words;
        case KeyType::kWord:
            return words.empty() ? "a word" : "one of " + words;
        case KeyType::kBool:
            return "true or false";
    }
    return {};
}

void NodeReader::read_pairs(const YamlNode& node, const std::string& content,
                            const std::string& remedy, const ReadPair& read) {
    if (node.kind == Kind::kRefused) return;
    if (node.kind != Kind::kMapping) {
        return fault(node,
                     "found " + found(node) + ", expected a mapping with " + content + remedy);
    }
    if (node.keys.empty())
        return fault(node, "found an empty mapping, expected some of " + content + remedy);
    Seen seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const YamlNode& key = node.keys[i];
        if (key.kind == Kind::kRefused) continue;
        if (key.kind != Kind::kScalar) {
            fault(key, "found " + found(key) + " as a key, expected one of " + content);
            continue;
        }
        const auto [first, is_new] = seen.emplace(key.text, place(key));
        if (!is_new) {
            fault(key, "found the key " + with_quotes(key.text) +
                           " a second time, the first is at " + format_place(first->second) +
                           "; join the two");
            continue;
        }
        read(key, node.items[i]);
    }
}

void NodeReader::read_mapping(
    const YamlNode& node, std::string_view path,
    const std::function<void(const KeySpec&, const YamlNode&, const YamlNode&)>& read) {
    const std::string remedy =
        path.empty() ? "" : "; leave `" + std::string(path) + "` away where none is needed";
    read_pairs(node, "the keys " + listed(names_under(keys_, path)), remedy,
               [&](const YamlNode& key_node, const YamlNode& value) {
                   const KeySpec* key = find_key(keys_, path, key_node.text);
                   if (key == nullptr) return unknown_key(key_node, path);
                   read(*key, key_node, value);
               });
    // A mapping that has none was reported.
    if (node.kind == Kind::kMapping && !node.keys.empty()) require(node, path);
}

void NodeReader::unknown_key(const YamlNode& key_node, std::string_view path) {
    if (key_node.text == "<<") {
        return fault(key_node,
                     "found a YAML merge key, expected the keys themselves; write them out");
    }
    const std::vector<std::string_view> names = names_under(keys_, path);
    std::string message = "found the unknown key " + with_quotes(key_node.text) +
                          ", expected one of " + listed(names);
    const auto elsewhere = std::find_if(keys_.begin(), keys_.end(), [&](const KeySpec& key) {
        return key_name(key) == key_node.text;
    });
    const std::string_view guess = nearest(key_node.text, names);
    if (!guess.empty()) {
        message += "; did you mean `" + std::string(guess) + "`?";
    } else if (elsewhere != keys_.end()) {
        message += "; its place is `" + std::string(elsewhere->path) + "`";
    }
    fault(key_node, std::move(message));
}

void NodeReader::require(const YamlNode& node, std::string_view path) {
    for (const KeySpec& key : keys_) {
        // Drop-ins may bring the targets: whoever has seen all files asks for them.
        if (!key.required || key_parent(key) != path || key.id == KeyId::kTargets) continue;
        const bool there = std::any_of(node.keys.begin(), node.keys.end(), [&](const auto& k) {
            return k.kind == Kind::kRefused || k.text == key_name(key);
        });
        if (!there) {
            fault(node, "found no `" + std::string(key_name(key)) + "` in this entry, expected " +
                            expected(key));
        }
    }
}

const std::vector<YamlNode>& NodeReader::items(const KeySpec& key, const YamlNode& node) {
    static const std::vector<YamlNode> kNone;
    if (node.kind == Kind::kRefused) return kNone;
    const std::string name = std::string(key_name(key));
    if (node.kind != Kind::kSequence) {
        fault(node, name + ": found " + found(node) + ", expected " + expected(key));
        return kNone;
    }
    if (node.items.empty()) {
        fault(node, name + ": found an empty list, expected " + expected(key) +
                        (key.required ? "" : "; leave the key away where none is needed"));
        return kNone;
    }
    if (node.items.size() > key.max_items) {
        fault(node, name + ": found " + std::to_string(node.items.size()) +
                        " entries, expected at most " + std::to_string(key.max_items));
        return kNone;
    }
    return node.items;
}

bool NodeReader::is_scalar(const KeySpec& key, const YamlNode& node, bool plain) {
    if (node.kind == Kind::kRefused) return false;
    if (node.kind == Kind::kScalar && !(plain && node.in_quotes)) return true;
    fault(node, std::string(key_name(key)) + ": found " + found(node) + ", expected " +
                    expected(key) +
                    (node.kind == Kind::kScalar ? "; write it without quotes" : ""));
    return false;
}

bool NodeReader::is_first(Seen& seen, const std::string& item, const YamlNode& node,
                          const KeySpec& key) {
    const auto [first, is_new] = seen.emplace(item, place(node));
    if (is_new) return true;
    fault(node, std::string(key_name(key)) + ": found " + with_quotes(item) +
                    " a second time, the first is at " + format_place(first->second) +
                    (key.id == KeyId::kTargetName ? "; every target needs a name of its own"
                                                  : "; remove one"));
    return false;
}

bool NodeReader::is_new_text(const KeySpec& key, const YamlNode& item, Check check, Seen& seen) {
    if (!is_scalar(key, item)) return false;
    const std::string name = std::string(key_name(key)) + ": ";
    // Names of processes know no `\x`, so none can be taken for the other.
    if (item.yaml_hex_escape && key.type != KeyType::kCommList) {
        fault(item, name +
                        "found `\\x` in double quotes, where YAML reads it as a "
                        "character of its own, expected single quotes; write '\\xNN'");
        return false;
    }
    if (const Checked<void> checked = check(item.text); !checked) {
        fault(item, name + checked.error());
        return false;
    }
    return is_first(seen, item.text, item, key);
}

void NodeReader::read_count(const KeySpec& key, const YamlNode& node, std::uint32_t& out) {
    if (!is_scalar(key, node, true)) return;
    const auto count = parse_count(node.text, key.min, key.max);
    if (!count) return fault(node, std::string(key_name(key)) + ": " + count.error());
    out = static_cast<std::uint32_t>(*count);
}

void NodeReader::read_bool(const KeySpec& key, const YamlNode& node, bool& out) {
    if (!is_scalar(key, node, true)) return;
    const Checked<bool> value = parse_bool(node.text);
    if (!value) return fault(node, std::string(key_name(key)) + ": " + value.error());
    out = *value;
}

void NodeReader::unknown_word(const KeySpec& key, const YamlNode& node,
                              const std::vector<std::string_view>& known) {
    const std::string_view guess = nearest(node.text, known);
    fault(node, std::string(key_name(key)) + ": found " + with_quotes(node.text) +
                    ", expected one of " + listed(known) +
                    (guess.empty() ? "" : "; did you mean `" + std::string(guess) + "`?"));
}

}  // namespace vfswatchd
