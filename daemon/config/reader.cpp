// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/text.h"
#include "config/values.h"

namespace vfswatchd {

void ConfigReader::read(const std::string& file, const YamlNode& root, FileRole role) {
    nodes_.start(file);
    role_ = role;
    if (root.kind == Kind::kNull) {
        nodes_.fault(root,
                     role == FileRole::kMain
                         ? "the file holds nothing, expected a list `targets:`"
                         : "the file holds nothing, expected a list `targets:`; remove the file, "
                           "or give it a name that does not end in .yaml");
        return;
    }
    target_.forget_exit_needs();
    read_mapping(root, "");
    check_exit_is_on();
    check_persist_is_on();
}

/// Every key has its case here: the compiler names the one that is forgotten.
void ConfigReader::read_key(const KeySpec& key, const YamlNode& value) {
    switch (key.id) {
        case KeyId::kListen:
            for (const YamlNode& item : nodes_.items(key, value))
                read_listen_entry(item);
            return;
        case KeyId::kTargets:
            for (const YamlNode& item : nodes_.items(key, value))
                read_target(item);
            return;
        case KeyId::kProbe:
        case KeyId::kLimits:
        case KeyId::kPaths:
            return read_mapping(value, key.path);
        case KeyId::kProcesses:
            return read_processes(value, key.path);
        case KeyId::kSnippets:
            return read_snippets(value, key.path);
        case KeyId::kListenAddress:
            return read_address(key, value);
        case KeyId::kProbeAccounting:
            accounting_place_ = nodes_.place(value);
            return read_method<AccountingMethod>(key, value, kAccountingMethods,
                                                 config_.probe.accounting);
        case KeyId::kProbeExit:
            exit_place_ = nodes_.place(value);
            return read_method<ExitMethod>(key, value, kExitMethods, config_.probe.exit);
        case KeyId::kPersist:
            persist_place_ = nodes_.place(value);
            return nodes_.read_bool(key, value, config_.persist);
        case KeyId::kPersistOnStop:
            persist_on_stop_place_ = nodes_.place(value);
            return nodes_.read_bool(key, value, config_.persist_on_stop);
        case KeyId::kPathView:
            return read_path_view(key, value);
        case KeyId::kMaxSeries:
            return nodes_.read_count(key, value, config_.limits.max_series);
        case KeyId::kMaxFiles:
            return nodes_.read_count(key, value, config_.limits.max_files);
        case KeyId::kMaxTasks:
            return nodes_.read_count(key, value, config_.limits.max_tasks);
        case KeyId::kSnippetsPerSecond:
            return nodes_.read_count(key, value, config_.limits.snippets_per_second);
        case KeyId::kIdleSeriesTimeout:
            return read_duration(key, value, config_.limits.idle_series_timeout);
        case KeyId::kTargetName:
            return target_.read_name(key, value);
        case KeyId::kPids:
            return target_.read_pids(key, value);
        case KeyId::kComms:
            return target_.read_comms(key, value);
        case KeyId::kExes:
            return target_.read_exes(key, value);
        case KeyId::kUnits:
            return target_.read_units(key, value);
        case KeyId::kCgroups:
            return target_.read_cgroups(key, value);
        case KeyId::kUids:
            return target_.read_uids(key, value);
        case KeyId::kFollowChildren:
            return target_.read_follow_children(key, value);
        case KeyId::kInclude:
            return target_.read_include(key, value);
        case KeyId::kExclude:
            return target_.read_exclude(key, value);
        case KeyId::kFileTypes:
            return target_.read_file_types(key, value);
        case KeyId::kLabels:
            return target_.read_labels(key, value);
        case KeyId::kTargetMaxFiles:
            return target_.read_max_files(key, value);
        case KeyId::kLatency:
            return target_.read_latency(key, value);
        case KeyId::kSnippetMaxBytes:
            return target_.read_snippet_bytes(key, value);
        case KeyId::kSnippetSample:
            return target_.read_sample(key, value);
        case KeyId::kSnippetRate:
            return target_.read_rate(key, value);
        case KeyId::kSnippetEncoding:
            return target_.read_encoding(key, value);
        case KeyId::kSnippetRedact:
            return target_.read_redact(key, value);
        case KeyId::kSnippetAllowSensitive:
            return target_.read_allow_sensitive(key, value);
    }
}

void ConfigReader::read_mapping(const YamlNode& node, std::string_view path) {
    if (node.kind == Kind::kRefused) return;
    const std::string keys = listed(names_under(path));
    if (node.kind != Kind::kMapping) {
        return nodes_.fault(
            node,
            "found " + found(node) + ", expected a mapping with the keys " + keys +
                (path.empty() ? ""
                              : "; leave `" + std::string(path) + "` away where none is needed"));
    }
    if (node.keys.empty()) {
        return nodes_.fault(node, "found an empty mapping, expected some of the keys " + keys +
                                      "; leave it away where none is needed");
    }
    NodeReader::Seen seen;
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
        const YamlNode& key = node.keys[i];
        if (key.kind == Kind::kRefused) continue;
        if (key.kind != Kind::kScalar) {
            nodes_.fault(key, "found " + found(key) + " as a key, expected one of " + keys);
            continue;
        }
        const auto [first, is_new] = seen.emplace(key.text, nodes_.place(key));
        if (!is_new) {
            nodes_.fault(key, "found the key " + quoted(key.text) +
                                  " a second time, the first is at " + format_place(first->second) +
                                  "; join the two");
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
        return nodes_.fault(key_node,
                            "found " + quoted(key_node.text) +
                                ", expected only `targets` in a drop-in; move it to the main "
                                "configuration file");
    }
    read_key(*key, value);
}

void ConfigReader::unknown_key(const YamlNode& key_node, std::string_view path) {
    if (key_node.text == "<<") {
        return nodes_.fault(key_node,
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
    nodes_.fault(key_node, std::move(message));
}

void ConfigReader::check_exit_is_on() {
    // Only the main file, which is read first, may hold `probe`.
    if (role_ == FileRole::kMain && config_.probe.accounting == AccountingMethod::kExit &&
        config_.probe.exit == ExitMethod::kKprobe) {
        nodes_.fault(exit_place_,
                     "exit: found `kprobe` beside the accounting method `exit`, expected one "
                     "that can account: auto, fexit or kprobe_multi");
    }
    if (config_.probe.exit != ExitMethod::kOff) return;
    const std::string off_at = "while `probe.exit` at " + format_place(exit_place_) + " is `off`";
    if (role_ == FileRole::kMain && config_.probe.accounting == AccountingMethod::kExit) {
        nodes_.fault(accounting_place_, "accounting: found `exit` " + off_at +
                                            ", expected a method that does without the ends "
                                            "of reads; set one of the two to auto");
    }
    for (const ExitNeed& need : target_.exit_needs()) {
        const std::string key(need.key);
        nodes_.fault(need.place, key + ": found " + std::string(need.found) + " " + off_at +
                                     ", expected " + std::string(need.expected) +
                                     ", since no read's end is seen; set `probe.exit` to auto, or "
                                     "leave `" +
                                     key + "` away");
    }
}

void ConfigReader::check_persist_is_on() {
    if (role_ != FileRole::kMain || !config_.persist_on_stop || config_.persist) return;
    nodes_.fault(persist_on_stop_place_, "persist_on_stop: found `true` while `persist` at " +
                                             format_place(persist_place_) +
                                             " is `false`, expected both to be true; set "
                                             "`persist` to true, or leave `persist_on_stop` away");
}

void ConfigReader::require(const YamlNode& node, std::string_view path) {
    for (const KeySpec& key : config_keys()) {
        // Drop-ins may bring the targets: whoever has seen all files asks for them.
        if (!key.required || key_parent(key) != path || key.id == KeyId::kTargets) continue;
        const bool there = std::any_of(node.keys.begin(), node.keys.end(), [&](const auto& k) {
            return k.kind == Kind::kRefused || k.text == key_name(key);
        });
        if (!there) {
            nodes_.fault(node, "found no `" + std::string(key_name(key)) +
                                   "` in this entry, expected " + expected(key));
        }
    }
}

void ConfigReader::read_listen_entry(const YamlNode& node) {
    read_mapping(node, "listen[]");
}

void ConfigReader::read_target(const YamlNode& node) {
    target_.start(nodes_.place(node));
    read_mapping(node, "targets[]");
    target_.check_snippets();
    config_.targets.push_back(target_.finish());
}

void ConfigReader::read_processes(const YamlNode& node, std::string_view path) {
    read_mapping(node, path);
    target_.check_processes(node);
}

void ConfigReader::read_snippets(const YamlNode& node, std::string_view path) {
    // An empty mapping is a mistake, and no wish for all the defaults.
    if (node.kind == Kind::kMapping && !node.keys.empty()) target_.start_snippets(node);
    read_mapping(node, path);
}

void ConfigReader::read_address(const KeySpec& key, const YamlNode& node) {
    if (!nodes_.is_scalar(key, node)) return;
    Checked<ListenAddress> address = parse_address(node.text);
    if (!address) return nodes_.fault(node, "address: " + address.error());
    address->place = nodes_.place(node);
    // Any number of listeners may each have a free port of their own.
    const bool any_port = address->port == 0 && !address->systemd;
    const std::string same = address->host + ":" + std::to_string(address->port);
    if (!any_port && !nodes_.is_first(addresses_, same, node, key)) return;
    config_.listen.push_back(std::move(*address));
}

void ConfigReader::read_path_view(const KeySpec& key, const YamlNode& node) {
    if (const auto* word = nodes_.find_word(key, node, path_view_words())) {
        config_.path_view = word->view;
    }
}

void ConfigReader::read_duration(const KeySpec& key, const YamlNode& node,
                                 std::chrono::seconds& out) {
    if (!nodes_.is_scalar(key, node)) return;
    const auto duration =
        parse_duration(node.text, std::chrono::seconds(key.min), std::chrono::seconds(key.max));
    if (!duration) return nodes_.fault(node, std::string(key_name(key)) + ": " + duration.error());
    out = *duration;
}

template <typename Method>
void ConfigReader::read_method(const KeySpec& key, const YamlNode& node,
                               std::span<const MethodWord<Method>> methods,
                               std::optional<Method>& out) {
    if (node.kind == Kind::kScalar && node.text == kAutoWord) return;
    if (const auto* word = nodes_.find_word(key, node, methods)) out = word->method;
}

}  // namespace vfswatchd
