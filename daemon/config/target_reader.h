// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "config/accounts.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/node_reader.h"
#include "config/selectors.h"
#include "config/yaml_tree.h"

namespace vfswatchd {

/// A key that is of no use where the ends of reads are not seen.
struct ExitNeed {
    std::string_view key;
    std::string_view found;     ///< its value, for a message
    std::string_view expected;  ///< without that probe
    ConfigPlace place;
};

/// Reads the values of one target after the other.
class TargetReader {
  public:
    TargetReader(NodeReader& nodes, IdLookup find_user)
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

    /// The target has snippets: to be called before their values are read.
    void start_snippets(const YamlNode& node);
    void read_snippet_bytes(const KeySpec& key, const YamlNode& node);
    void read_sample(const KeySpec& key, const YamlNode& node);
    void read_rate(const KeySpec& key, const YamlNode& node);
    void read_encoding(const KeySpec& key, const YamlNode& node);
    void read_redact(const KeySpec& key, const YamlNode& node);
    void read_allow_sensitive(const KeySpec& key, const YamlNode& node);

    /// Reports a `processes` that selects none.
    void check_processes(const YamlNode& processes);
    /// Reports snippets of a target that does not say of which files. To be called when all of the
    /// target was read: keys have no order.
    void check_snippets();

    /// What targets ask for that needs the ends of reads, since the last forget_exit_needs().
    [[nodiscard]] const std::vector<ExitNeed>& exit_needs() const { return exit_needs_; }
    void forget_exit_needs() { exit_needs_.clear(); }

  private:
    using Seen = NodeReader::Seen;
    using Check = NodeReader::Check;

    template <typename Text>
    void read_texts(const KeySpec& key, const YamlNode& node, Check check, std::vector<Text>& out);

    NodeReader& nodes_;
    IdLookup find_user_;
    TargetConfig target_;       // the one being read
    bool has_include_ = false;  // whatever is in it
    ConfigPlace snippets_place_;
    Seen names_;
    std::vector<ExitNeed> exit_needs_;
};

}  // namespace vfswatchd
