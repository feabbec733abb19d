// SPDX-License-Identifier: Apache-2.0
#include "manual/page.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.h"
#include "config/web_keys.h"
#include "manual/roff.h"
#include "metrics/catalogue.h"
#include "service/commands.h"
#include "service/options.h"

namespace vfswatchd {
namespace {

constexpr std::string_view kBegin = ".\\\" Made by vfswatchd_manual: ";
constexpr std::string_view kEnd = ".\\\" End";

std::string flag_tag(const FlagSpec& flag) {
    std::string tag;
    if (flag.letter != '\0') tag = bold(std::string("-") + flag.letter) + ", ";
    tag += bold(std::string("--") + flag.name);
    if (flag.argument != nullptr) tag += " " + italic(flag.argument);
    return tag;
}

std::string flags_text(std::span<const FlagSpec> flags) {
    std::string text;
    for (const FlagSpec& flag : flags) {
        text += tagged(flag_tag(flag), flag.help);
        if (flag.environment != nullptr)
            text += roff_prose(std::string("Environment: ") + flag.environment);
    }
    return text;
}

std::string options_part() {
    return flags_text(daemon_flags());
}

std::string commands_part() {
    std::string text;
    for (const Command& command : commands()) {
        text += ".SS " + std::string(command.name) + "\n" + roff_prose(command.description) +
                flags_text(command.flags());
    }
    return text;
}

std::string metrics_part() {
    std::string text;
    for (const Metric& metric : kCatalogue) {
        std::string head = std::string(kind_name(metric.kind));
        if (!metric.labels.empty()) head += "; labels: " + std::string(metric.labels);
        text += tagged(bold(metric.name), head + ". " + std::string(metric.help));
    }
    return text;
}

template <typename Words>
std::vector<std::string_view> words_in(const Words& words) {
    std::vector<std::string_view> found;
    for (const auto& entry : words)
        found.push_back(entry.word);
    return found;
}

/// Those of the web config file have no id of their own.
std::vector<std::string_view> words_of_key(const KeySpec& key) {
    const std::string_view name = key_name(key);
    if (key.id != KeyId::kOfWebConfig) return words_of(key.id);
    if (name == "client_auth_type") return words_in(client_auth_words());
    if (name == "min_version" || name == "max_version") return words_in(tls_version_words());
    if (name == "cipher_suites") return words_in(suite_words());
    if (name == "curve_preferences") return words_in(curve_words());
    return {};
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words)
        text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

std::string range(const KeySpec& key) {
    return std::to_string(key.min) + " to " + std::to_string(key.max);
}

std::string list(const KeySpec& key, const std::string& of) {
    return "list of " + of + ", 1 to " + std::to_string(key.max_items) + " of them";
}

/// What a value looks like.
std::string shape(const KeySpec& key) {
    const std::string words = joined(words_of_key(key));
    switch (key.type) {
        case KeyType::kMapping:
            return "mapping";
        case KeyType::kMappingList:
            return list(key, "mappings");
        case KeyType::kName:
            return "name of a-z A-Z 0-9 _ . : -, at most " + std::to_string(kMaxNameBytes) +
                   " bytes";
        case KeyType::kAddress:
            return "address";
        case KeyType::kFile:
            return "file";
        case KeyType::kText:
            return "text";
        case KeyType::kMode:
            return "permissions";
        case KeyType::kGroup:
            return "group";
        case KeyType::kCount:
            return "number, " + range(key);
        case KeyType::kDuration:
            return "duration such as 15s, 1m30s or 2h, of " + range(key) + " seconds";
        case KeyType::kSample:
            return "1/N, N being " + range(key);
        case KeyType::kRate:
            return "N/s, N/m or N/h, N being " + range(key);
        case KeyType::kPidList:
            return list(key, "process ids");
        case KeyType::kCommList:
            return list(key, "names of at most " + std::to_string(kMaxCommBytes) + " bytes");
        case KeyType::kUnitList:
            return list(key, "units");
        case KeyType::kUidList:
            return list(key, "users");
        case KeyType::kPatternList:
            return list(key, "patterns");
        case KeyType::kExpressionList:
            return list(key, "regular expressions");
        case KeyType::kWordList:
            return words.empty() ? list(key, "names") : "list of any of " + words;
        case KeyType::kWord:
            return "one of " + words;
        case KeyType::kBool:
            return "true or false";
    }
    return {};
}

std::string keys_text(KeyTable keys) {
    std::string text;
    for (const KeySpec& key : keys) {
        std::string head = shape(key);
        if (key.required) head += "; required";
        if (!key.default_text.empty()) head += "; default " + std::string(key.default_text);
        head.front() = static_cast<char>(std::toupper(head.front()));
        text += tagged(bold(key.path), head + ". " + std::string(key.description));
    }
    return text;
}

std::string keys_part() {
    return keys_text(config_keys());
}

std::string web_keys_part() {
    return keys_text(web_config_keys());
}

struct Part {
    std::string_view name;
    std::string (*make)();
};

constexpr std::array kParts = std::to_array<Part>({
    {"options", options_part},
    {"commands", commands_part},
    {"metrics", metrics_part},
    {"keys", keys_part},
    {"web keys", web_keys_part},
});

bool skip_to_end(std::istream& in) {
    std::string line;
    while (std::getline(in, line)) {
        if (line == kEnd) return true;
    }
    return false;
}

}  // namespace

Result<void> fill_page(std::istream& in, std::ostream& out) {
    std::string line;
    while (std::getline(in, line)) {
        out << line << "\n";
        if (line.compare(0, kBegin.size(), kBegin) != 0) continue;
        const std::string name = line.substr(kBegin.size());
        const auto* part = std::find_if(kParts.begin(), kParts.end(),
                                        [&](const Part& known) { return known.name == name; });
        if (part == kParts.end()) return fail(plain_error("unknown part " + name));
        if (!skip_to_end(in)) return fail(plain_error("the part " + name + " has no end"));
        out << part->make() << kEnd << "\n";
    }
    return {};
}

}  // namespace vfswatchd
