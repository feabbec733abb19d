// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/fault.h"
#include "config/node_reader.h"
#include "config/web_keys.h"
#include "config/yaml_tree.h"
#include "model/web_config.h"

namespace vfswatchd {

/// Reads the tree of a web config file.
class WebConfigReader {
  public:
    WebConfigReader(WebConfig& config, std::vector<ConfigFault>& faults)
        : config_(config), nodes_(web_config_keys(), faults) {}

    void read(const std::string& file, const YamlNode& root);

  private:
    using Kind = YamlNode::Kind;

    void read_mapping(const YamlNode& node, std::string_view path);
    void read_key(const KeySpec& key, const YamlNode& key_node, const YamlNode& value);
    void read_tls_key(const KeySpec& key, const YamlNode& value);
    void read_file(const KeySpec& key, const YamlNode& node, std::string& out);
    void read_client_auth_type(const KeySpec& key, const YamlNode& node);
    void read_client_names(const KeySpec& key, const YamlNode& node);
    void read_version(const KeySpec& key, const YamlNode& node, const TlsVersionWord*& out);
    template <typename Word>
    void read_words(const KeySpec& key, const YamlNode& node, std::span<const Word> words,
                    std::vector<const Word*>& out);
    void read_http2(const KeySpec& key, const YamlNode& node);
    void read_header(const KeySpec& key, const YamlNode& node);
    void read_users(const KeySpec& key, const YamlNode& node);
    void read_user(const YamlNode& name, const YamlNode& hash);

    void finish_tls(const YamlNode& node);
    void check_clients(const YamlNode& node);
    void check_suites();
    void check_suites_of_version();
    [[nodiscard]] std::string priorities() const;

    WebConfig& config_;
    NodeReader nodes_;
    TlsSettings tls_;
    bool knows_client_auth_type_ = true;  ///< none was named, or one that there is
    const TlsVersionWord* min_version_ = nullptr;
    const TlsVersionWord* max_version_ = nullptr;
    std::vector<const SuiteWord*> suites_;
    ConfigPlace suites_place_;
    std::vector<const CurveWord*> curves_;
    bool server_precedence_ = true;
};

}  // namespace vfswatchd
