// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/accounts.h"
#include "config/config.h"
#include "config/fault.h"
#include "config/keys.h"
#include "config/node_reader.h"
#include "config/target_reader.h"
#include "config/yaml_tree.h"

namespace vfswatchd {

enum class FileRole {
    kMain,
    kDropIn,  ///< may hold targets only
};

/// Reads the trees of a configuration's files, one after the other, into one Config.
class ConfigReader {
  public:
    ConfigReader(Config& config, std::vector<ConfigFault>& faults, const Lookups& lookups)
        : config_(config),
          nodes_(config_keys(), faults),
          target_(nodes_, lookups.user),
          find_group_(lookups.group) {}
    // target_ keeps hold of nodes_.
    ConfigReader(const ConfigReader&) = delete;
    ConfigReader& operator=(const ConfigReader&) = delete;

    void read(const std::string& file, const YamlNode& root, FileRole role);

  private:
    using Kind = YamlNode::Kind;

    void read_key(const KeySpec& key, const YamlNode& value);
    void read_mapping(const YamlNode& node, std::string_view path);
    /// Reports a key that a drop-in may not hold.
    bool may_stand_here(const KeySpec& key, const YamlNode& key_node, std::string_view path);
    void read_listen_entry(const YamlNode& node);
    void read_target(const YamlNode& node);
    void read_processes(const YamlNode& node, std::string_view path);
    void read_snippets(const YamlNode& node, std::string_view path);
    void read_address(const KeySpec& key, const YamlNode& node);
    void read_mode(const KeySpec& key, const YamlNode& node);
    void read_group(const KeySpec& key, const YamlNode& node);
    void read_web_config_file(const KeySpec& key, const YamlNode& node);
    void read_path_view(const KeySpec& key, const YamlNode& node);
    void read_duration(const KeySpec& key, const YamlNode& node, std::chrono::seconds& out);
    /// A word of `methods`, or auto.
    template <typename Method>
    void read_method(const KeySpec& key, const YamlNode& node,
                     std::span<const MethodWord<Method>> methods, std::optional<Method>& out);

    /// Reports what needs the ends of reads where the configuration switches their probe off.
    void check_exit_is_on();
    void check_persist_is_on();

    Config& config_;
    NodeReader nodes_;
    TargetReader target_;
    IdLookup find_group_;
    FileRole role_ = FileRole::kMain;
    ListenAddress entry_;    ///< of `listen`, while it is read
    ConfigPlace unix_only_;  ///< of one of its keys
    ConfigPlace accounting_place_;
    ConfigPlace exit_place_;
    ConfigPlace persist_place_;
    ConfigPlace persist_on_stop_place_;
    NodeReader::Seen addresses_;
};

}  // namespace vfswatchd
