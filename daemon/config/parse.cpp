// SPDX-License-Identifier: Apache-2.0
#include "config/parse.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/keys.h"
#include "config/reader.h"
#include "config/values.h"
#include "config/web_reader.h"
#include "config/yaml_tree.h"

namespace vfswatchd {
namespace {

void sort_by_place(std::vector<ConfigFault>& faults) {
    std::stable_sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
}

void read_file(const ConfigText& source, FileRole role, ConfigReader& reader,
               std::vector<ConfigFault>& all_faults, std::vector<ConfigFault>& file_faults) {
    const std::optional<YamlNode> root = read_yaml(source.file, source.text, file_faults);
    if (root) reader.read(source.file, *root, role);
    sort_by_place(file_faults);
    for (ConfigFault& fault : file_faults)
        all_faults.push_back(std::move(fault));
    file_faults.clear();
}

void check_targets(const std::string& main_file, const Config& config,
                   std::vector<ConfigFault>& faults) {
    const std::size_t most = find_key(config_keys(), "", "targets")->max_items;
    if (config.targets.size() > most) {
        faults.push_back(
            {config.targets[most].place, "found the target number " + std::to_string(most + 1) +
                                             ", expected at most " + std::to_string(most) +
                                             " over all files; join targets, or watch less"});
    }
    if (config.targets.empty() && faults.empty()) {
        faults.push_back({{main_file, 1, 1},
                          "found no `targets`, here or in conf.d, expected a list of at least "
                          "one; see vfswatchd.yaml(5)"});
    }
}

}  // namespace

ConfigOrFaults parse_config(const ConfigText& main, const std::vector<ConfigText>& drop_ins,
                            const Lookups& lookups) {
    Config config;
    std::vector<ConfigFault> faults;
    std::vector<ConfigFault> file_faults;
    ConfigReader reader(config, file_faults, lookups);
    read_file(main, FileRole::kMain, reader, faults, file_faults);
    for (const ConfigText& drop_in : drop_ins) {
        read_file(drop_in, FileRole::kDropIn, reader, faults, file_faults);
    }
    check_targets(main.file, config, faults);
    if (!faults.empty()) {
        cut_faults(faults);
        return tl::unexpected(std::move(faults));
    }
    if (config.listen.empty()) {
        config.listen.push_back(*parse_address(kDefaultListenAddress));
        config.listens_by_default = true;
    }
    return config;
}

WebConfigOrFaults parse_web_config(const ConfigText& source) {
    WebConfig config;
    std::vector<ConfigFault> faults;
    const std::optional<YamlNode> root = read_yaml(source.file, source.text, faults);
    if (root) WebConfigReader(config, faults).read(source.file, *root);
    if (faults.empty()) return config;
    sort_by_place(faults);
    cut_faults(faults);
    return tl::unexpected(std::move(faults));
}

}  // namespace vfswatchd
