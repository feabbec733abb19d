// SPDX-License-Identifier: Apache-2.0
#include "config/target_reader.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "config/snippets.h"
#include "config/text.h"
#include "config/values.h"

namespace vfswatchd {

void TargetReader::start(const ConfigPlace& place) {
    target_ = {};
    target_.place = place;
    target_.file_types = file_type_words().front().types;
    has_include_ = false;
}

void TargetReader::read_name(const KeySpec& key, const YamlNode& node) {
    if (!nodes_.is_scalar(key, node)) return;
    if (const auto checked = check_name(node.text); !checked) {
        return nodes_.fault(node, "name: " + checked.error());
    }
    if (!nodes_.is_first(names_, node.text, node, key)) return;
    target_.name = node.text;
}

void TargetReader::read_pids(const KeySpec& key, const YamlNode& node) {
    Seen seen;
    for (const YamlNode& item : nodes_.items(key, node)) {
        if (!nodes_.is_scalar(key, item, true)) continue;
        const auto pid = parse_count(item.text, key.min, key.max);
        if (!pid) {
            nodes_.fault(item, "pids: " + pid.error());
        } else if (nodes_.is_first(seen, item.text, item, key)) {
            target_.processes.pids.push_back(
                {static_cast<std::uint32_t>(*pid), nodes_.place(item)});
        }
    }
}

template <typename Text>
void TargetReader::read_texts(const KeySpec& key, const YamlNode& node, Check check,
                              std::vector<Text>& out) {
    Seen seen;
    for (const YamlNode& item : nodes_.items(key, node)) {
        if (nodes_.is_new_text(key, item, check, seen))
            out.push_back({item.text, nodes_.place(item)});
    }
}

void TargetReader::read_comms(const KeySpec& key, const YamlNode& node) {
    read_texts(key, node, check_comm, target_.processes.comms);
}

void TargetReader::read_exes(const KeySpec& key, const YamlNode& node) {
    read_texts(key, node, check_exe, target_.processes.exes);
}

void TargetReader::read_units(const KeySpec& key, const YamlNode& node) {
    read_texts(key, node, check_unit, target_.processes.units);
}

void TargetReader::read_cgroups(const KeySpec& key, const YamlNode& node) {
    read_texts(key, node, check_cgroup, target_.processes.cgroups);
}

void TargetReader::read_uids(const KeySpec& key, const YamlNode& node) {
    Seen seen;
    for (const YamlNode& item : nodes_.items(key, node)) {
        if (!nodes_.is_scalar(key, item)) continue;
        const Checked<std::uint32_t> uid = parse_uid(item.text, find_user_);
        if (!uid) {
            nodes_.fault(item, "uids: " + uid.error());
        } else if (nodes_.is_first(seen, std::to_string(*uid), item, key)) {
            target_.processes.uids.push_back({*uid, nodes_.place(item)});
        }
    }
}

void TargetReader::read_follow_children(const KeySpec& key, const YamlNode& node) {
    nodes_.read_bool(key, node, target_.processes.follow_children);
}

void TargetReader::check_processes(const YamlNode& processes) {
    const std::string_view follow = "follow_children";
    if (processes.keys.size() != 1 || processes.keys.front().text != follow) return;
    std::vector<std::string_view> selectors = names_under(config_keys(), "targets[].processes");
    std::erase(selectors, follow);
    nodes_.fault(processes.keys.front(),
                 "found `follow_children` alone, expected one of the keys " + listed(selectors) +
                     " beside it; name the processes whose children are "
                     "meant, or leave `processes` away");
}

void TargetReader::read_include(const KeySpec& key, const YamlNode& node) {
    has_include_ = true;
    read_texts(key, node, check_pattern, target_.include);
}

void TargetReader::read_exclude(const KeySpec& key, const YamlNode& node) {
    read_texts(key, node, check_pattern, target_.exclude);
}

void TargetReader::read_file_types(const KeySpec& key, const YamlNode& node) {
    Seen seen;
    FileTypeMask types = 0;
    for (const YamlNode& item : nodes_.items(key, node)) {
        const auto* word = nodes_.find_word(key, item, file_type_words());
        if (word == nullptr || !nodes_.is_first(seen, item.text, item, key)) continue;
        types = static_cast<FileTypeMask>(types | word->types);
    }
    target_.file_types = types;
}

void TargetReader::read_labels(const KeySpec& key, const YamlNode& node) {
    Seen seen;
    for (const YamlNode& item : nodes_.items(key, node)) {
        const auto* word = nodes_.find_word(key, item, label_words());
        if (word == nullptr || !nodes_.is_first(seen, item.text, item, key)) continue;
        target_.labels.*word->field = true;
    }
}

void TargetReader::read_max_files(const KeySpec& key, const YamlNode& node) {
    nodes_.read_count(key, node, target_.max_files);
}

void TargetReader::read_latency(const KeySpec& key, const YamlNode& node) {
    nodes_.read_bool(key, node, target_.latency);
    if (target_.latency) exit_needs_.push_back({"latency", "`true`", "false", nodes_.place(node)});
}

void TargetReader::start_snippets(const YamlNode& node) {
    target_.snippets.emplace();
    snippets_place_ = nodes_.place(node);
    exit_needs_.push_back({"snippets", "a mapping", "none", snippets_place_});
}

void TargetReader::read_snippet_bytes(const KeySpec& key, const YamlNode& node) {
    nodes_.read_count(key, node, target_.snippets->max_bytes);
}

void TargetReader::read_sample(const KeySpec& key, const YamlNode& node) {
    if (!nodes_.is_scalar(key, node)) return;
    const auto one_in = parse_sample(node.text, key.min, key.max);
    if (!one_in) return nodes_.fault(node, "sample: " + one_in.error());
    target_.snippets->one_in = *one_in;
}

void TargetReader::read_rate(const KeySpec& key, const YamlNode& node) {
    if (!nodes_.is_scalar(key, node)) return;
    const auto rate = parse_rate(node.text, key.min, key.max);
    if (!rate) return nodes_.fault(node, "rate: " + rate.error());
    target_.snippets->rate = *rate;
}

void TargetReader::read_encoding(const KeySpec& key, const YamlNode& node) {
    const std::span<const SnippetEncodingWord> words = kSnippetEncodings;
    if (const auto* word = nodes_.find_word(key, node, words))
        target_.snippets->encoding = word->encoding;
}

void TargetReader::read_redact(const KeySpec& key, const YamlNode& node) {
    Seen seen;
    for (const YamlNode& item : nodes_.items(key, node)) {
        if (!nodes_.is_new_text(key, item, check_expression, seen)) continue;
        const Checked<void> added = add_expression(item.text, target_.snippets->redact);
        if (!added) nodes_.fault(item, "redact: " + added.error());
    }
}

void TargetReader::read_allow_sensitive(const KeySpec& key, const YamlNode& node) {
    nodes_.read_bool(key, node, target_.snippets->allow_sensitive);
}

void TargetReader::check_snippets() {
    if (!target_.snippets) return;
    if (!has_include_) {
        nodes_.fault(snippets_place_,
                     "snippets: found no `paths.include` beside it, expected one, for a target of "
                     "every file cannot sample; say in it of which files parts may be copied");
    }
    for (const PathPattern& pattern : target_.include) {
        if (!names_any_file(pattern.text)) continue;
        nodes_.fault(pattern.place, "include: found " + with_quotes(pattern.text) +
                                        " beside `snippets`, expected patterns that do not name "
                                        "every file, for such a target cannot sample; say of "
                                        "which files parts may be copied");
    }
}

}  // namespace vfswatchd
