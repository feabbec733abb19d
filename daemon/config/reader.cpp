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
        case KeyId::kListenMode:
            return read_mode(key, value);
        case KeyId::kListenGroup:
            return read_group(key, value);
        case KeyId::kWebConfigFile:
            return read_web_config_file(key, value);
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
        case KeyId::kOfWebConfig:
            return;
    }
}

void ConfigReader::read_mapping(const YamlNode& node, std::string_view path) {
    nodes_.read_mapping(node, path,
                        [&](const KeySpec& key, const YamlNode& key_node, const YamlNode& value) {
                            if (may_stand_here(key, key_node, path)) read_key(key, value);
                        });
}

bool ConfigReader::may_stand_here(const KeySpec& key, const YamlNode& key_node,
                                  std::string_view path) {
    if (role_ == FileRole::kMain || !path.empty() || key.id == KeyId::kTargets) return true;
    nodes_.fault(key_node, "found " + with_quotes(key_node.text) +
                               ", expected only `targets` in a drop-in; move it to the main "
                               "configuration file");
    return false;
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

void ConfigReader::read_listen_entry(const YamlNode& node) {
    entry_ = {};
    unix_only_ = {};
    read_mapping(node, "listen[]");
    // Without an address, or with a wrong one, it was reported.
    if (entry_.place.line == 0) return;
    if (!entry_.is_unix && unix_only_.line != 0) {
        return nodes_.fault(unix_only_,
                            "found `mode` or `group` beside the address at " +
                                format_place(entry_.place) +
                                ", expected them beside unix:/path only; leave them away");
    }
    config_.listen.push_back(std::move(entry_));
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
    // Any number of listeners may each have a free port of their own.
    const bool any_port = address->port == 0 && !address->systemd && !address->is_unix;
    const std::string same =
        address->is_unix ? address->host : address->host + ":" + std::to_string(address->port);
    if (!any_port && !nodes_.is_first(addresses_, same, node, key)) return;
    entry_.host = std::move(address->host);
    entry_.port = address->port;
    entry_.systemd = address->systemd;
    entry_.is_unix = address->is_unix;
    entry_.place = nodes_.place(node);
}

void ConfigReader::read_mode(const KeySpec& key, const YamlNode& node) {
    unix_only_ = nodes_.place(node);
    if (!nodes_.is_scalar(key, node)) return;
    const Checked<std::uint32_t> mode = parse_mode(node.text);
    if (!mode) return nodes_.fault(node, "mode: " + mode.error());
    entry_.mode = *mode;
}

void ConfigReader::read_group(const KeySpec& key, const YamlNode& node) {
    unix_only_ = nodes_.place(node);
    if (!nodes_.is_scalar(key, node)) return;
    const Checked<std::uint32_t> group = parse_gid(node.text, find_group_);
    if (!group) return nodes_.fault(node, "group: " + group.error());
    entry_.group = *group;
}

void ConfigReader::read_web_config_file(const KeySpec& key, const YamlNode& node) {
    if (!nodes_.is_scalar(key, node) || node.text.empty()) return;
    if (const Checked<void> checked = check_file(node.text); !checked)
        return nodes_.fault(node, "web_config_file: " + checked.error());
    config_.web_config_file = beside(nodes_.file(), node.text);
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
