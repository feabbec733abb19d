// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "config/keys.h"
#include "config/node_reader.h"
#include "config/selectors.h"
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
    ConfigReader(Config& config, std::vector<ConfigFault>& faults, UserLookup find_user)
        : config_(config), nodes_(faults), target_(nodes_, std::move(find_user)) {}
    // target_ keeps hold of nodes_.
    ConfigReader(const ConfigReader&) = delete;
    ConfigReader& operator=(const ConfigReader&) = delete;

    void read(const std::string& file, const YamlNode& root, FileRole role);

  private:
    using Kind = YamlNode::Kind;

    void read_key(const KeySpec& key, const YamlNode& value);
    void read_mapping(const YamlNode& node, std::string_view path);
    void read_pair(const YamlNode& key_node, const YamlNode& value, std::string_view path);
    void read_listen_entry(const YamlNode& node);
    void read_target(const YamlNode& node);
    void read_processes(const YamlNode& node, std::string_view path);
    void read_snippets(const YamlNode& node, std::string_view path);
    void read_address(const KeySpec& key, const YamlNode& node);
    void read_path_view(const KeySpec& key, const YamlNode& node);
    void read_duration(const KeySpec& key, const YamlNode& node, std::chrono::seconds& out);
    /// A word of `methods`, or auto.
    template <typename Method>
    void read_method(const KeySpec& key, const YamlNode& node,
                     std::span<const MethodWord<Method>> methods, std::optional<Method>& out);

    /// Reports what needs the ends of reads where the configuration switches their probe off.
    void check_exit_is_on();
    void check_persist_is_on();
    void require(const YamlNode& node, std::string_view path);
    void unknown_key(const YamlNode& key_node, std::string_view path);

    Config& config_;
    NodeReader nodes_;
    TargetReader target_;
    FileRole role_ = FileRole::kMain;
    ConfigPlace accounting_place_;
    ConfigPlace exit_place_;
    ConfigPlace persist_place_;
    ConfigPlace persist_on_stop_place_;
    NodeReader::Seen addresses_;
};

}  // namespace vfswatchd
