// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "config/keys.h"
#include "config/parse.h"
#include "config/selectors.h"
#include "config/snippets.h"
#include "config/values.h"

namespace vfswatchd {
namespace {

std::string file_text(const std::string& name) {
    std::ifstream file(std::string(VFSWATCHD_SOURCE_DIR "/config/") + name);
    EXPECT_TRUE(file) << name;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

using SchemaKeys = std::map<std::string, YAML::Node>;

/// Collects every property below `object` under the path that KeySpec uses.
void collect(const YAML::Node& object, const std::string& prefix, SchemaKeys& keys) {
    for (const auto& property : object["properties"]) {
        const std::string path = prefix + property.first.as<std::string>();
        keys.emplace(path, property.second);
        collect(property.second, path + ".", keys);
        if (property.second["items"]) collect(property.second["items"], path + "[].", keys);
    }
}

const YAML::Node& schema() {
    // JSON is YAML.
    static const YAML::Node kSchema = YAML::Load(file_text("vfswatchd.schema.json"));
    return kSchema;
}

const SchemaKeys& schema_keys() {
    static const SchemaKeys kKeys = [] {
        SchemaKeys keys;
        collect(schema(), "", keys);
        return keys;
    }();
    return kKeys;
}

std::string one_line(const YAML::Node& node) {
    YAML::Emitter out;
    out.SetSeqFormat(YAML::Flow);
    out.SetMapFormat(YAML::Flow);
    out.SetStringFormat(YAML::DoubleQuoted);
    out << node;
    return out.c_str();
}

bool regex_takes(const YAML::Node& node, const std::string& text) {
    return !text.empty() && std::regex_search(text, std::regex(node["pattern"].as<std::string>()));
}

std::string json_type(KeyType type) {
    switch (type) {
        case KeyType::kMapping:
            return "object";
        case KeyType::kCount:
            return "integer";
        case KeyType::kName:
        case KeyType::kAddress:
        case KeyType::kFile:
        case KeyType::kText:
        case KeyType::kMode:
        case KeyType::kDuration:
        case KeyType::kSample:
        case KeyType::kRate:
        case KeyType::kWord:
            return "string";
        case KeyType::kBool:
            return "boolean";
        case KeyType::kGroup:
            return "";
        case KeyType::kMappingList:
        case KeyType::kPidList:
        case KeyType::kCommList:
        case KeyType::kUnitList:
        case KeyType::kUidList:
        case KeyType::kPatternList:
        case KeyType::kExpressionList:
        case KeyType::kWordList:
            return "array";
    }
    return {};
}

/// A name or a number.
bool is_account(KeyType type) {
    return type == KeyType::kUidList || type == KeyType::kGroup;
}

TEST(Schema, NamesEveryKeyOfTheParser) {
    for (const KeySpec& key : config_keys()) {
        EXPECT_EQ(schema_keys().count(std::string(key.path)), 1U) << key.path;
    }
}

TEST(Schema, NamesNoOtherKey) {
    for (const auto& [path, node] : schema_keys()) {
        const std::size_t dot = path.rfind('.');
        const std::string parent = dot == std::string::npos ? "" : path.substr(0, dot);
        const std::string name = dot == std::string::npos ? path : path.substr(dot + 1);
        EXPECT_NE(find_key(config_keys(), parent, name), nullptr) << path;
    }
}

TEST(Schema, SaysOfEachKeyWhatTheParserSays) {
    for (const KeySpec& key : config_keys()) {
        SCOPED_TRACE(key.path);
        const auto found = schema_keys().find(std::string(key.path));
        ASSERT_NE(found, schema_keys().end());
        const YAML::Node& node = found->second;
        EXPECT_EQ(node["description"].as<std::string>(""), key.description);
        EXPECT_EQ(node["type"].as<std::string>(""), json_type(key.type));
        EXPECT_EQ(static_cast<bool>(node["default"]), !key.default_text.empty());
        if (node["default"]) {
            EXPECT_EQ(one_line(node["default"]),
                      one_line(YAML::Load(std::string(key.default_text))));
        }
    }
}

TEST(Schema, HasTheParsersRanges) {
    for (const KeySpec& key : config_keys()) {
        SCOPED_TRACE(key.path);
        const YAML::Node& node = schema_keys().at(std::string(key.path));
        const bool pids = key.type == KeyType::kPidList;
        const bool account = is_account(key.type);
        const YAML::Node item = pids || key.type == KeyType::kUidList ? node["items"] : node;
        const YAML::Node number = account ? item["oneOf"][0] : item;
        if (key.type == KeyType::kCount || pids || account) {
            EXPECT_EQ(number["minimum"].as<std::int64_t>(-1), key.min);
            EXPECT_EQ(number["maximum"].as<std::int64_t>(-1), key.max);
        }
        if (json_type(key.type) == "array") {
            EXPECT_EQ(node["minItems"].as<int>(-1), 1);
            EXPECT_EQ(node["maxItems"].as<std::size_t>(0), key.max_items);
        }
        if (key.type == KeyType::kPatternList) {
            EXPECT_EQ(node["items"]["maxLength"].as<std::size_t>(0), kMaxPatternBytes);
        }
        if (key.type == KeyType::kCommList) {
            EXPECT_EQ(node["items"]["maxLength"].as<std::size_t>(0), kMaxCommBytes);
        }
        if (key.type == KeyType::kUnitList) {
            EXPECT_EQ(node["items"]["maxLength"].as<std::size_t>(0), kMaxUnitBytes);
        }
        if (key.type == KeyType::kExpressionList) {
            EXPECT_EQ(node["items"]["maxLength"].as<std::size_t>(0), kMaxExpressionBytes);
        }
    }
}

TEST(Schema, RefusesUnknownKeysAndEmptyMappingsEverywhere) {
    std::map<std::string, YAML::Node> objects{{"", schema()}};
    for (const KeySpec& key : config_keys()) {
        const YAML::Node& node = schema_keys().at(std::string(key.path));
        if (key.type == KeyType::kMapping) objects.emplace(key.path, node);
        if (key.type == KeyType::kMappingList) {
            objects.emplace(std::string(key.path) + "[]", node["items"]);
        }
    }
    EXPECT_EQ(objects.size(), 8U);
    for (const auto& [path, node] : objects) {
        SCOPED_TRACE(path);
        EXPECT_FALSE(node["additionalProperties"].as<bool>(true));
        EXPECT_EQ(node["minProperties"].as<int>(0), 1);
    }
}

TEST(Schema, RequiresWhatTheParserRequires) {
    for (const KeySpec& key : config_keys()) {
        // A main file may leave the targets to its drop-ins.
        if (key.id == KeyId::kTargets || key_parent(key).empty()) continue;
        const std::string parent(key_parent(key));
        const bool item = parent.size() > 2 && parent.substr(parent.size() - 2) == "[]";
        const YAML::Node& node =
            schema_keys().at(item ? parent.substr(0, parent.size() - 2) : parent);
        const YAML::Node object = item ? node["items"] : node;
        const auto required =
            object["required"].as<std::vector<std::string>>(std::vector<std::string>{});
        EXPECT_EQ(testing::Value(required, testing::Contains(std::string(key_name(key)))),
                  key.required)
            << key.path;
    }
}

TEST(Schema, ListsTheWordsThatTheParserTakes) {
    for (const KeySpec& key : config_keys()) {
        if (key.type != KeyType::kWordList && key.type != KeyType::kWord) continue;
        const YAML::Node& node = schema_keys().at(std::string(key.path));
        const YAML::Node holder = key.type == KeyType::kWordList ? node["items"] : node;
        const auto words = holder["enum"].as<std::vector<std::string>>();
        std::vector<std::string> known;
        for (std::string_view word : words_of(key.id))
            known.emplace_back(word);
        EXPECT_EQ(words, known) << key.path;
    }
}

TEST(Schema, TakesTheNamesThatTheParserTakes) {
    const YAML::Node& node = schema_keys().at("targets[].name");
    for (const std::string& name :
         {std::string("a"), std::string("A.b_c:d-9"), std::string(63, 'x'), std::string(64, 'x'),
          std::string(), std::string("a b"), std::string("caf\xc3\xa9"), std::string("a/b")}) {
        EXPECT_EQ(regex_takes(node, name), check_name(name).has_value()) << name;
    }
}

TEST(Schema, TakesTheUnitsThatTheParserTakes) {
    const YAML::Node node = schema_keys().at("targets[].processes.units")["items"];
    for (const std::string& unit : std::vector<std::string>{
             "a.service", "a@b.service", "*.scope", "system-a\\x2db.slice", "a.b:c_d.mount",
             "x.socket", "dev-sda2.swap", "", "a", "a.timer", ".service", "a/b.service",
             "a b.service", "a.service.d", "caf\xc3\xa9.service"}) {
        EXPECT_EQ(regex_takes(node, unit), check_unit(unit).has_value()) << unit;
    }
}

TEST(Schema, WantsExecutablesAndCgroupsFromTheRoot) {
    const YAML::Node exe = schema_keys().at("targets[].processes.exes")["items"];
    const YAML::Node cgroup = schema_keys().at("targets[].processes.cgroups")["items"];
    for (const std::string& pattern :
         std::vector<std::string>{"/a", "/", "/a/**", "a", "**/a", ""}) {
        EXPECT_EQ(regex_takes(exe, pattern), check_exe(pattern).has_value()) << pattern;
        EXPECT_EQ(regex_takes(cgroup, pattern), check_cgroup(pattern).has_value()) << pattern;
    }
}

TEST(Schema, WantsASelectorBesideFollowChildren) {
    std::vector<std::string> alternatives;
    for (const auto& one : schema_keys().at("targets[].processes")["anyOf"])
        alternatives.push_back(one["required"][0].as<std::string>());
    std::vector<std::string> selectors;
    for (std::string_view name : names_under(config_keys(), "targets[].processes")) {
        if (name != "follow_children") selectors.emplace_back(name);
    }
    EXPECT_EQ(alternatives, selectors);
}

TEST(Schema, TakesTheDurationsThatTheParserTakes) {
    const YAML::Node& node = schema_keys().at("limits.idle_series_timeout");
    for (const std::string& text :
         std::vector<std::string>{"15s", "1m30s", "2h", "1h1s", "1h1m1s", "", "15", "s", "1s1m",
                                  "1m1m", "1.5h", "15 s", "1d", "-1s", "0000000001s", "15min"}) {
        const bool taken =
            parse_duration(text, std::chrono::seconds(0), std::chrono::hours(10000)).has_value();
        EXPECT_EQ(regex_takes(node, text), taken) << text;
    }
}

TEST(Schema, TakesTheSamplesThatTheParserTakes) {
    const KeySpec& key = *find_key(config_keys(), "targets[].snippets", "sample");
    const YAML::Node& node = schema_keys().at(std::string(key.path));
    for (const std::string& text :
         std::vector<std::string>{"1/1", "1/100", "1/999999", "1/1000000", "1/1000001", "1/0",
                                  "0/0", "2/3", "1/010", "5 %", "0.01", "1/", "100", "", "11/1"}) {
        EXPECT_EQ(regex_takes(node, text), parse_sample(text, key.min, key.max).has_value())
            << text;
    }
}

TEST(Schema, TakesTheRatesThatTheParserTakes) {
    const KeySpec& key = *find_key(config_keys(), "targets[].snippets", "rate");
    const YAML::Node& node = schema_keys().at(std::string(key.path));
    for (const std::string& text :
         std::vector<std::string>{"1/s", "30/m", "999999/h", "1000000/h", "1000001/h", "0/s", "10",
                                  "10/", "10/sec", "10/d", "/s", "010/s", "-1/s", "1 /s", ""}) {
        EXPECT_EQ(regex_takes(node, text), parse_rate(text, key.min, key.max).has_value()) << text;
    }
}

TEST(Schema, WantsPathsBesideSnippetsThatDoNotNameEveryFile) {
    const YAML::Node& beside = schema()["properties"]["targets"]["items"]["dependencies"];
    const YAML::Node& target = beside["snippets"];
    EXPECT_EQ(target["required"].as<std::vector<std::string>>(), std::vector<std::string>{"paths"});
    const YAML::Node& paths = target["properties"]["paths"];
    EXPECT_EQ(paths["required"].as<std::vector<std::string>>(),
              std::vector<std::string>{"include"});
    const YAML::Node& refused = paths["properties"]["include"]["items"]["not"];
    for (const std::string& pattern : std::vector<std::string>{"/", "/**", "**", "*", "?", "/*/?",
                                                               "**/*", "/a", "*.log", "/\\*"}) {
        EXPECT_EQ(regex_takes(refused, pattern), names_any_file(pattern)) << pattern;
    }
}

TEST(Schema, TakesTheAddressesThatTheParserTakes) {
    const YAML::Node& node = schema_keys().at("listen[].address");
    for (const std::string& text : std::vector<std::string>{"127.0.0.1:9974",
                                                            "[::1]:0",
                                                            "localhost:80",
                                                            "[::ffff:1.2.3.4]:1",
                                                            "",
                                                            "9974",
                                                            ":9974",
                                                            "*:9974",
                                                            "::1:80",
                                                            "[::1]",
                                                            "example.org:80",
                                                            "unix:/run/x",
                                                            "unix:x",
                                                            "unix:/",
                                                            "unix:/run/",
                                                            "unix:",
                                                            "systemd",
                                                            "http://127.0.0.1:80",
                                                            "127.0.0.1:",
                                                            "127.0.0.1"}) {
        EXPECT_EQ(regex_takes(node, text), parse_address(text).has_value()) << text;
    }
}

TEST(Schema, TakesTheModesThatTheParserTakes) {
    const YAML::Node& node = schema_keys().at("listen[].mode");
    for (const std::string& text :
         std::vector<std::string>{"000", "0660", "777", "0777", "00777", "", "7", "66", "0o660",
                                  "0x1b0", "0888", "1777", "01777", "u=rw", "-660", " 660"}) {
        EXPECT_EQ(regex_takes(node, text), parse_mode(text).has_value()) << text;
    }
}

/// `max_series: 20000, ...`: the keys at one place that have a default.
std::string stated_defaults(std::string_view parent) {
    std::string written;
    for (const KeySpec& key : config_keys()) {
        if (key_parent(key) != parent || key.default_text.empty()) continue;
        written += std::string(key_name(key)) + ": " + std::string(key.default_text) + ", ";
    }
    return written;
}

std::string default_of(std::string_view top_level_key) {
    return std::string(find_key(config_keys(), "", top_level_key)->default_text);
}

void expect_default_rules(const std::optional<SnippetRules>& rules) {
    ASSERT_TRUE(rules);
    EXPECT_EQ(rules->max_bytes, SnippetRules{}.max_bytes);
    EXPECT_EQ(rules->one_in, SnippetRules{}.one_in);
    EXPECT_EQ(rules->rate, SnippetRules{}.rate);
    EXPECT_EQ(rules->encoding, SnippetRules{}.encoding);
    EXPECT_EQ(rules->allow_sensitive, SnippetRules{}.allow_sensitive);
}

TEST(KeyTable, StatesTheDefaultsThatTheParserFillsIn) {
    const std::string written =
        "limits: {" + stated_defaults("limits") + "}\nprobe: {" + stated_defaults("probe") +
        "}\npath_view: " + default_of("path_view") + "\nlisten: " + default_of("listen") +
        "\ntargets: [{name: a, processes: {pids: [1], " + stated_defaults("targets[].processes") +
        "}, paths: {include: [/a]}, snippets: {" + stated_defaults("targets[].snippets") + "}, " +
        stated_defaults("targets[]") + "}]\n";
    const ConfigOrFaults stated = parse_config({"stated", written});
    ASSERT_TRUE(stated) << format_fault(stated.error().front());
    const ConfigOrFaults built_in = parse_config({"built-in", "targets: [{name: a}]\n"});
    ASSERT_TRUE(built_in);
    EXPECT_EQ(stated->limits.max_series, built_in->limits.max_series);
    EXPECT_EQ(stated->limits.max_files, built_in->limits.max_files);
    EXPECT_EQ(stated->limits.max_tasks, built_in->limits.max_tasks);
    EXPECT_EQ(stated->limits.idle_series_timeout, built_in->limits.idle_series_timeout);
    EXPECT_EQ(stated->limits.snippets_per_second, built_in->limits.snippets_per_second);
    EXPECT_EQ(stated->probe, built_in->probe);
    EXPECT_EQ(stated->path_view, built_in->path_view);
    EXPECT_EQ(stated->targets.at(0).processes.follow_children,
              built_in->targets.at(0).processes.follow_children);
    EXPECT_EQ(stated->targets.at(0).file_types, built_in->targets.at(0).file_types);
    EXPECT_EQ(stated->targets.at(0).latency, built_in->targets.at(0).latency);
    expect_default_rules(stated->targets.at(0).snippets);
    EXPECT_FALSE(built_in->targets.at(0).snippets);
    ASSERT_EQ(stated->listen.size(), built_in->listen.size());
    EXPECT_EQ(stated->listen[0].host, built_in->listen[0].host);
    EXPECT_EQ(stated->listen[0].port, built_in->listen[0].port);
}

/// The commented keys of the shipped file are switched on: they must be what the file says.
TEST(ShippedConfigComments, ExplainEveryKeyWithItsDefault) {
    std::string names;
    for (const KeySpec& key : config_keys())
        names += "|" + std::string(key_name(key));
    const std::regex commented("(^|\n)( *)#( *(- )?(" + names.substr(1) + "):)");
    const std::string enabled =
        std::regex_replace(file_text("vfswatchd.yaml"), commented, "$1$2$3");
    // A machine need not have the group that is the example.
    const IdLookup any_group = [](const std::string&) { return std::optional<std::uint32_t>(7); };
    const ConfigOrFaults config = parse_config({"enabled", enabled}, {}, {.group = any_group});
    ASSERT_TRUE(config) << format_fault(config.error().front()) << "\n" << enabled;
    for (const KeySpec& key : config_keys()) {
        EXPECT_THAT(enabled,
                    testing::ContainsRegex("(^|\n) *(- )?" + std::string(key_name(key)) + ":"))
            << key.path;
    }
    EXPECT_EQ(config->limits.max_series, Limits{}.max_series);
    EXPECT_EQ(config->limits.max_files, Limits{}.max_files);
    EXPECT_EQ(config->limits.max_tasks, Limits{}.max_tasks);
    EXPECT_EQ(config->limits.idle_series_timeout, Limits{}.idle_series_timeout);
    EXPECT_EQ(config->listen.at(0).host, "127.0.0.1");
    EXPECT_EQ(config->listen.at(1).mode, ListenAddress{}.mode);
    EXPECT_EQ(config->probe, ProbeWishes{});
    EXPECT_EQ(config->path_view, Config{}.path_view);
    EXPECT_FALSE(config->targets.at(0).processes.follow_children);
    EXPECT_FALSE(config->targets.at(0).latency);
    expect_default_rules(config->targets.at(0).snippets);
    EXPECT_EQ(config->limits.snippets_per_second, Limits{}.snippets_per_second);
}

}  // namespace
}  // namespace vfswatchd
