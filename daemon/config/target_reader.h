// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/keys.h"
#include "config/node_reader.h"
#include "config/selectors.h"
#include "config/yaml_tree.h"

namespace vfswatchd {

/// Reads the values of one target after the other.
class TargetReader {
  public:
    TargetReader(NodeReader& nodes, UserLookup find_user)
        : nodes_(nodes), find_user_(std::move(find_user)) {}

    void start(const ConfigPlace& place);
    /// The target as far as it was read.
    [[nodiscard]] TargetConfig finish() { return std::move(target_); }

    void read_name(const KeySpec& key, const YamlNode& node);
    void read_pids(const KeySpec& key, const YamlNode& node);
    void read_comms(const KeySpec& key, const YamlNode& node);
    void read_exes(const KeySpec& key, const YamlNode& node);
    void read_units(const KeySpec& key, const YamlNode& node);
    void read_cgroups(const KeySpec& key, const YamlNode& node);
    void read_uids(const KeySpec& key, const YamlNode& node);
    void read_follow_children(const KeySpec& key, const YamlNode& node);
    void read_include(const KeySpec& key, const YamlNode& node);
    void read_exclude(const KeySpec& key, const YamlNode& node);
    void read_file_types(const KeySpec& key, const YamlNode& node);
    void read_labels(const KeySpec& key, const YamlNode& node);
    void read_max_files(const KeySpec& key, const YamlNode& node);
    void read_latency(const KeySpec& key, const YamlNode& node);

    /// Reports a `processes` that selects none.
    void check_processes(const YamlNode& processes);

    /// Where targets ask for latency, since the last forget_latency().
    [[nodiscard]] const std::vector<ConfigPlace>& latency_places() const { return latency_places_; }
    void forget_latency() { latency_places_.clear(); }

  private:
    using Seen = NodeReader::Seen;
    using Check = Checked<void> (*)(std::string_view text);

    template <typename Text>
    void read_texts(const KeySpec& key, const YamlNode& node, Check check, std::vector<Text>& out);

    NodeReader& nodes_;
    UserLookup find_user_;
    TargetConfig target_;  // the one being read
    Seen names_;
    std::vector<ConfigPlace> latency_places_;
};

}  // namespace vfswatchd
