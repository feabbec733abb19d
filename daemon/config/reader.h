// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "config/keys.h"
#include "config/yaml_tree.h"

namespace vfswatchd {

enum class FileRole {
    kMain,
    kDropIn,  ///< may hold targets only
};

/// Reads the trees of a configuration's files, one after the other, into one Config.
class ConfigReader {
  public:
    ConfigReader(Config& config, std::vector<ConfigFault>& faults)
        : config_(config), faults_(faults) {}

    void read(const std::string& file, const YamlNode& root, FileRole role);

  private:
    using Kind = YamlNode::Kind;

    void read_key(const KeySpec& key, const YamlNode& value);
    void read_mapping(const YamlNode& node, std::string_view path);
    void read_pair(const YamlNode& key_node, const YamlNode& value, std::string_view path);
    void read_listen_entry(const YamlNode& node);
    void read_target(const YamlNode& node);
    void read_name(const KeySpec& key, const YamlNode& node);
    void read_address(const KeySpec& key, const YamlNode& node);
    void read_count(const KeySpec& key, const YamlNode& node, std::uint32_t& out);
    void read_duration(const KeySpec& key, const YamlNode& node, std::chrono::seconds& out);
    void read_pids(const KeySpec& key, const YamlNode& node);
    void read_patterns(const KeySpec& key, const YamlNode& node, std::vector<PathPattern>& out);
    void read_file_types(const KeySpec& key, const YamlNode& node);
    void read_labels(const KeySpec& key, const YamlNode& node);
    void read_latency(const KeySpec& key, const YamlNode& node);
    /// A word of `methods`, or auto.
    template <typename Method>
    void read_method(const KeySpec& key, const YamlNode& node,
                     std::span<const MethodWord<Method>> methods, std::optional<Method>& out);

    /// Reports what needs the ends of reads where the configuration switches their probe off.
    void check_exit_is_on();
    void require(const YamlNode& node, std::string_view path);
    void unknown_key(const YamlNode& key_node, std::string_view path);
    /// The items of a list of the right shape and size; none after a fault.
    const std::vector<YamlNode>& items(const KeySpec& key, const YamlNode& node);
    /// Reports whatever is no scalar, and with `plain` what stands in quotes.
    bool is_scalar(const KeySpec& key, const YamlNode& node, bool plain = false);
    /// Reports a second item that means the same as an earlier one of the same list.
    bool is_first(std::map<std::string, ConfigPlace>& seen, const std::string& item,
                  const YamlNode& node, const KeySpec& key);
    template <typename Word>
    const Word* find_word(const KeySpec& key, const YamlNode& node, std::span<const Word> words);

    [[nodiscard]] ConfigPlace place(const YamlNode& node) const {
        return {file_, node.place.line, node.place.column};
    }
    void fault(const YamlNode& node, std::string message) {
        faults_.push_back({place(node), std::move(message)});
    }

    Config& config_;
    std::vector<ConfigFault>& faults_;
    std::string file_;
    FileRole role_ = FileRole::kMain;
    TargetConfig* target_ = nullptr;  // the one being read
    ConfigPlace accounting_place_;
    ConfigPlace exit_place_;
    std::vector<ConfigPlace> latency_places_;  // of this file, where it is true
    std::map<std::string, ConfigPlace> target_names_;
    std::map<std::string, ConfigPlace> addresses_;
};

}  // namespace vfswatchd
