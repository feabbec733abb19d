// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "config/text.h"
#include "config/values.h"

namespace vfswatchd {
namespace {

std::string found(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::kNull:
            return "nothing";
        case YamlNode::Kind::kScalar:
            return node.in_quotes ? "the quoted text " + quoted(node.text) : quoted(node.text);
        case YamlNode::Kind::kSequence:
            return "a list";
        case YamlNode::Kind::kMapping:
            return "a mapping";
        case YamlNode::Kind::kRefused:
            break;
    }
    return "something else";
}

std::string expected(const KeySpec& key) {
    const std::string children = listed(names_under(key.path));
    switch (key.type) {
        case KeyType::kMapping:
            return "a mapping with some of the keys " + children;
        case KeyType::kMappingList:
            return "a list of mappings, each beginning with `- " +
                   std::string(names_under(std::string(key.path) + "[]").front()) + ":`";
        case KeyType::kName:
            return "a name; put a word like null in quotes";
        case KeyType::kAddress:
            return "an address in quotes, such as \"127.0.0.1:9974\" or \"[::1]:9974\"";
        case KeyType::kCount:
            return "a plain number from " + std::to_string(key.min) + " to " +
                   std::to_string(key.max);
        case KeyType::kDuration:
            return "a duration such as 15s, 1m30s or 2h";
        case KeyType::kPidList:
            return "a list of process ids such as [4242]";
        case KeyType::kPatternList:
            return "a list of patterns in quotes, such as [\"/etc/**\", \"*.conf\"]";
        case KeyType::kWordList:
            return "a list with some of " + listed(words_of(key.id));
        case KeyType::kWord:
            return "one of " + listed(words_of(key.id));
        case KeyType::kBool:
            return "true or false";
    }
    return {};
}

}  // namespace

void ConfigReader::read(const std::string& file, const YamlNode& root, FileRole role) {
    file_ = file;
    role_ = role;
    if (root.kind == Kind::kNull) {
        fault(root, role == FileRole::kMain
                        ? "the file holds nothing, expected a list `targets:`"
                        : "the file holds nothing, expected a list `targets:`; remove the file, "
                          "or give it a name that does not end in .yaml");
        return;
    }
    latency_places_.clear();
    read_mapping(root, "");
    check_exit_is_on();
}

/// Every key has its case here: the compiler names the one that is forgotten.
void ConfigReader::read_key(const KeySpec& key, const YamlNode& value) {
    switch (key.id) {
        case KeyId::kListen:
            for (const YamlNode& item : items(key, value))
                read_listen_entry(item);
            return;
        case KeyId::kTargets:
            for (const YamlNode& item : items(key, value))
                read_target(item);
            return;
        case KeyId::kProbe:
        case KeyId::kLimits:
        case KeyId::kProcesses:
        case KeyId::kPaths:
            return read_mapping(value, key.path);
        case KeyId::kListenAddress:
            return read_address(key, value);
        case KeyId::kProbeAccounting:
            accounting_place_ = place(value);
            return read_method<AccountingMethod>(key, value, kAccountingMethods,
                                                 config_.probe.accounting);
        case KeyId::kProbeExit:
            exit_place_ = place(value);
            return read_method<ExitMethod>(key, value, kExitMethods, config_.probe.exit);
        case KeyId::kMaxSeries:
            return read_count(key, value, config_.limits.max_series);
        case KeyId::kMaxFiles:
            return read_count(key, value, config_.limits.max_files);
        case KeyId::kMaxTasks:
            return read_count(key, value, config_.limits.max_tasks);
        case KeyId::kIdleSeriesTimeout:
            return read_duration(key, value, config_.limits.idle_series_timeout);
        case KeyId::kTargetName:
            return read_name(key, value);
        case KeyId::kPids:
            return read_pids(key, value);
        case KeyId::kInclude:
            return read_patterns(key, value, target_->include);
        case KeyId::kExclude:
            return read_patterns(key, value, target_->exclude);
        case KeyId::kFileTypes:
            return read_file_types(key, value);
        case KeyId::kLabels:
            return read_labels(key, value);
        case KeyId::kLatency:
            return read_latency(key, value);
    }
}

void ConfigReader::read_mapping(const YamlNode& node, std::string_view path) {
    if (node.kind == Kind::kRefused) return;
    const std::string keys = listed(names_under(path));
    if (node.kind != Kind::kMapping) {
        return fault(node, "found " + found(node) + ", expected a mapping with the keys " + keys +
                               (path.empty() ? ""
                                             : "; leave `" + std::string(path) +
                                                   "` away where none is needed"));
    }
    if (node.keys.empty()) {
        return fault(node, "found an empty mapping, expected some of the keys " + keys +
                               "; leave it away where none is needed");
    }
    std::map<std::string, ConfigPlace> seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const YamlNode& key = node.keys[i];
        if (key.kind == Kind::kRefused) continue;
        if (key.kind != Kind::kScalar) {
            fault(key, "found " + found(key) + " as a key, expected one of " + keys);
            continue;
        }
        const auto [first, is_new] = seen.emplace(key.text, place(key));
        if (!is_new) {
            fault(key, "found the key " + quoted(key.text) + " a second time, the first is at " +
                           format_place(first->second) + "; join the two");
            continue;
        }
        read_pair(key, node.items[i], path);
    }
    require(node, path);
}

void ConfigReader::read_pair(const YamlNode& key_node, const YamlNode& value,
                             std::string_view path) {
    const KeySpec* key = find_key(path, key_node.text);
    if (key == nullptr) return unknown_key(key_node, path);
    if (role_ == FileRole::kDropIn && path.empty() && key->id != KeyId::kTargets) {
        return fault(key_node, "found " + quoted(key_node.text) +
                                   ", expected only `targets` in a drop-in; move it to the main "
                                   "configuration file");
    }
    read_key(*key, value);
}

void ConfigReader::unknown_key(const YamlNode& key_node, std::string_view path) {
    if (key_node.text == "<<") {
        return fault(key_node,
                     "found a YAML merge key, expected the keys themselves; write them "
                     "out");
    }
    const std::vector<std::string_view> names = names_under(path);
    std::string message =
        "found the unknown key " + quoted(key_node.text) + ", expected one of " + listed(names);
    const auto keys = config_keys();
    const auto elsewhere = std::find_if(keys.begin(), keys.end(), [&](const KeySpec& key) {
        return key_name(key) == key_node.text;
    });
    const std::string_view guess = nearest(key_node.text, names);
    if (!guess.empty()) {
        message += "; did you mean `" + std::string(guess) + "`?";
    } else if (elsewhere != keys.end()) {
        message += "; its place is `" + std::string(elsewhere->path) + "`";
    }
    fault(key_node, std::move(message));
}

void ConfigReader::check_exit_is_on() {
    // Only the main file, which is read first, may hold `probe`.
    if (role_ == FileRole::kMain && config_.probe.accounting == AccountingMethod::kExit &&
        config_.probe.exit == ExitMethod::kKprobe) {
        faults_.push_back({exit_place_,
                           "exit: found `kprobe` beside the accounting method `exit`, expected one "
                           "that can account: auto, fexit or kprobe_multi"});
    }
    if (config_.probe.exit != ExitMethod::kOff) return;
    const std::string off_at = "while `probe.exit` at " + format_place(exit_place_) + " is `off`";
    if (role_ == FileRole::kMain && config_.probe.accounting == AccountingMethod::kExit) {
        faults_.push_back({accounting_place_, "accounting: found `exit` " + off_at +
                                                  ", expected a method that does without the ends "
                                                  "of reads; set one of the two to auto"});
    }
    for (const ConfigPlace& latency_place : latency_places_) {
        faults_.push_back({latency_place, "latency: found `true` " + off_at +
                                              ", expected false, since no read's end is seen; set "
                                              "`probe.exit` to auto, or leave `latency` away"});
    }
}

void ConfigReader::require(const YamlNode& node, std::string_view path) {
    for (const KeySpec& key : config_keys()) {
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

const std::vector<YamlNode>& ConfigReader::items(const KeySpec& key, const YamlNode& node) {
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

bool ConfigReader::is_scalar(const KeySpec& key, const YamlNode& node, bool plain) {
    if (node.kind == Kind::kRefused) return false;
    if (node.kind == Kind::kScalar && !(plain && node.in_quotes)) return true;
    fault(node, std::string(key_name(key)) + ": found " + found(node) + ", expected " +
                    expected(key) +
                    (node.kind == Kind::kScalar ? "; write it without quotes" : ""));
    return false;
}

bool ConfigReader::is_first(std::map<std::string, ConfigPlace>& seen, const std::string& item,
                            const YamlNode& node, const KeySpec& key) {
    const auto [first, is_new] = seen.emplace(item, place(node));
    if (is_new) return true;
    fault(node, std::string(key_name(key)) + ": found " + quoted(item) +
                    " a second time, the first is at " + format_place(first->second) +
                    (key.id == KeyId::kTargetName ? "; every target needs a name of its own"
                                                  : "; remove one"));
    return false;
}

void ConfigReader::read_listen_entry(const YamlNode& node) {
    read_mapping(node, "listen[]");
}

void ConfigReader::read_target(const YamlNode& node) {
    TargetConfig target;
    target.place = place(node);
    target.file_types = file_type_words().front().types;
    target_ = &target;
    read_mapping(node, "targets[]");
    target_ = nullptr;
    config_.targets.push_back(std::move(target));
}

void ConfigReader::read_name(const KeySpec& key, const YamlNode& node) {
    if (!is_scalar(key, node)) return;
    if (const auto checked = check_name(node.text); !checked) {
        return fault(node, "name: " + checked.error());
    }
    if (!is_first(target_names_, node.text, node, key)) return;
    target_->name = node.text;
}

void ConfigReader::read_address(const KeySpec& key, const YamlNode& node) {
    if (!is_scalar(key, node)) return;
    Checked<ListenAddress> address = parse_address(node.text);
    if (!address) return fault(node, "address: " + address.error());
    address->place = place(node);
    // Any number of listeners may each have a free port of their own.
    const std::string same = address->host + ":" + std::to_string(address->port);
    if (address->port != 0 && !is_first(addresses_, same, node, key)) return;
    config_.listen.push_back(std::move(*address));
}

void ConfigReader::read_count(const KeySpec& key, const YamlNode& node, std::uint32_t& out) {
    if (!is_scalar(key, node, true)) return;
    const auto count = parse_count(node.text, key.min, key.max);
    if (!count) return fault(node, std::string(key_name(key)) + ": " + count.error());
    out = static_cast<std::uint32_t>(*count);
}

void ConfigReader::read_duration(const KeySpec& key, const YamlNode& node,
                                 std::chrono::seconds& out) {
    if (!is_scalar(key, node)) return;
    const auto duration =
        parse_duration(node.text, std::chrono::seconds(key.min), std::chrono::seconds(key.max));
    if (!duration) return fault(node, std::string(key_name(key)) + ": " + duration.error());
    out = *duration;
}

void ConfigReader::read_pids(const KeySpec& key, const YamlNode& node) {
    std::map<std::string, ConfigPlace> seen;
    for (const YamlNode& item : items(key, node)) {
        if (!is_scalar(key, item, true)) continue;
        const auto pid = parse_count(item.text, key.min, key.max);
        if (!pid) {
            fault(item, "pids: " + pid.error());
        } else if (is_first(seen, item.text, item, key)) {
            target_->pids.push_back({static_cast<std::uint32_t>(*pid), place(item)});
        }
    }
}

void ConfigReader::read_patterns(const KeySpec& key, const YamlNode& node,
                                 std::vector<PathPattern>& out) {
    const std::string name = std::string(key_name(key)) + ": ";
    std::map<std::string, ConfigPlace> seen;
    for (const YamlNode& item : items(key, node)) {
        if (!is_scalar(key, item)) continue;
        const auto checked = check_pattern(item.text);
        if (item.yaml_hex_escape) {
            fault(item, name +
                            "found `\\x` in double quotes, where YAML reads it as a character "
                            "of its own, expected single quotes; write '\\xNN'");
        } else if (!checked) {
            fault(item, name + checked.error());
        } else if (is_first(seen, item.text, item, key)) {
            out.push_back({item.text, place(item)});
        }
    }
}

template <typename Word>
const Word* ConfigReader::find_word(const KeySpec& key, const YamlNode& node,
                                    std::span<const Word> words) {
    if (!is_scalar(key, node)) return nullptr;
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const Word& w) { return w.word == node.text; });
    if (word != words.end()) return &*word;
    const std::vector<std::string_view> known = words_of(key.id);
    const std::string_view guess = nearest(node.text, known);
    fault(node, std::string(key_name(key)) + ": found " + quoted(node.text) + ", expected one of " +
                    listed(known) +
                    (guess.empty() ? "" : "; did you mean `" + std::string(guess) + "`?"));
    return nullptr;
}

void ConfigReader::read_file_types(const KeySpec& key, const YamlNode& node) {
    std::map<std::string, ConfigPlace> seen;
    FileTypeMask types = 0;
    for (const YamlNode& item : items(key, node)) {
        const auto* word = find_word(key, item, file_type_words());
        if (word == nullptr || !is_first(seen, item.text, item, key)) continue;
        types = static_cast<FileTypeMask>(types | word->types);
    }
    target_->file_types = types;
}

void ConfigReader::read_labels(const KeySpec& key, const YamlNode& node) {
    std::map<std::string, ConfigPlace> seen;
    for (const YamlNode& item : items(key, node)) {
        const auto* word = find_word(key, item, label_words());
        if (word == nullptr || !is_first(seen, item.text, item, key)) continue;
        target_->labels.*word->field = true;
    }
}

void ConfigReader::read_latency(const KeySpec& key, const YamlNode& node) {
    if (!is_scalar(key, node, true)) return;
    const Checked<bool> latency = parse_bool(node.text);
    if (!latency) return fault(node, std::string(key_name(key)) + ": " + latency.error());
    target_->latency = *latency;
    if (*latency) latency_places_.push_back(place(node));
}

template <typename Method>
void ConfigReader::read_method(const KeySpec& key, const YamlNode& node,
                               std::span<const MethodWord<Method>> methods,
                               std::optional<Method>& out) {
    if (node.kind == Kind::kScalar && node.text == kAutoWord) return;
    if (const auto* word = find_word(key, node, methods)) out = word->method;
}

}  // namespace vfswatchd
