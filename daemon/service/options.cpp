// SPDX-License-Identifier: Apache-2.0
#include "service/options.h"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "config/values.h"

namespace vfswatchd {
namespace {

enum class OptionId { kConfig, kCheckConfig, kListen, kLogLevel, kVersion, kHelp };

struct OptionSpec {
    OptionId id;
    const char* flag;
    const char* argument;     ///< nullptr: takes none
    const char* environment;  ///< nullptr: has no variable
    const char* help;
};

constexpr std::array kOptions = std::to_array<OptionSpec>({
    {OptionId::kConfig, "config", "FILE", "VFSWATCHD_CONFIG",
     "configuration file, with conf.d/*.yaml beside it\n(default /etc/vfswatchd/vfswatchd.yaml)"},
    {OptionId::kCheckConfig, "check-config", nullptr, nullptr,
     "check the configuration, print what it will take, and exit"},
    {OptionId::kListen, "listen", "ADDR", "VFSWATCHD_LISTEN",
     "host:port or [v6]:port, instead of the file's addresses;\n"
     "may be repeated; the variable takes a list with commas"},
    {OptionId::kLogLevel, "log-level", "LEVEL", "VFSWATCHD_LOG_LEVEL",
     "error, warning, notice, info or debug (default info)"},
    {OptionId::kVersion, "version", nullptr, nullptr, "print the version and exit"},
    {OptionId::kHelp, "help", nullptr, nullptr, "print this help and exit"},
});

constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kLogLevels = {{
    {"error", LogLevel::kError},
    {"warning", LogLevel::kWarning},
    {"notice", LogLevel::kNotice},
    {"info", LogLevel::kInfo},
    {"debug", LogLevel::kDebug},
}};

constexpr const char* kSeeHelp = "; see vfswatchd --help";

Result<void> set_log_level(Options& options, std::string_view value) {
    const auto* level = std::find_if(kLogLevels.begin(), kLogLevels.end(),
                                     [&](const auto& known) { return known.first == value; });
    if (level == kLogLevels.end()) {
        return fail(plain_error("found `" + std::string(value) +
                                "`, expected error, warning, notice, info or debug"));
    }
    options.log_level = level->second;
    return {};
}

Result<void> add_listen(Options& options, const std::string& source, std::string_view value) {
    Checked<ListenAddress> address = parse_address(value);
    if (!address) return fail(plain_error(address.error()));
    const bool twice =
        std::any_of(options.listen.begin(), options.listen.end(), [&](const ListenAddress& known) {
            return known.host == address->host && known.port == address->port && known.port != 0;
        });
    if (twice) {
        return fail(plain_error("found `" + std::string(value) +
                                "` a second time; name each address once"));
    }
    address->place = {source, 0, 0};
    options.listen.push_back(std::move(*address));
    return {};
}

Result<void> set_config(Options& options, const std::string& value) {
    if (value.empty()) return fail(plain_error("found an empty name, expected a file"));
    options.config_file = value;
    return {};
}

Result<void> set_option(OptionId id, const std::string& source, const std::string& value,
                        Options& options) {
    switch (id) {
        case OptionId::kConfig:
            return set_config(options, value);
        case OptionId::kListen:
            return add_listen(options, source, value);
        case OptionId::kLogLevel:
            return set_log_level(options, value);
        case OptionId::kCheckConfig:
            options.check_config = true;
            break;
        case OptionId::kVersion:
            options.show_version = true;
            break;
        case OptionId::kHelp:
            options.show_help = true;
            break;
    }
    return {};
}

/// A variable's value is one argument, or a list of them for an option that may be repeated.
std::vector<std::string> values_of(OptionId id, const std::string& text) {
    if (id != OptionId::kListen) return {text};
    std::vector<std::string> values;
    std::size_t start = 0;
    while (true) {
        const std::size_t comma = text.find(',', start);
        values.push_back(text.substr(start, comma - start));
        if (comma == std::string::npos) return values;
        start = comma + 1;
    }
}

using Given = std::array<bool, kOptions.size()>;

Result<void> read_environment(const Getenv& environment, const Given& given, Options& options) {
    for (std::size_t i = 0; i < kOptions.size(); ++i) {
        const char* name = kOptions[i].environment;
        if (name == nullptr || given[i]) continue;
        const char* text = environment(name);
        if (text == nullptr || *text == '\0') continue;
        for (const std::string& value : values_of(kOptions[i].id, text)) {
            const auto set = set_option(kOptions[i].id, name, value, options);
            if (!set) return fail(set.error().within(name));
        }
    }
    return {};
}

/// getopt's table: option i comes back as the number i + 1, clear of '?' and ':'.
constexpr int kFirstNumber = 256;

std::array<option, kOptions.size() + 1> getopt_table() {
    std::array<option, kOptions.size() + 1> table{};
    for (std::size_t i = 0; i < kOptions.size(); ++i) {
        const int takes = kOptions[i].argument == nullptr ? no_argument : required_argument;
        table[i] = {kOptions[i].flag, takes, nullptr, kFirstNumber + static_cast<int>(i)};
    }
    return table;
}

Result<void> read_flags(std::vector<std::string>& arguments, Given& given, Options& options) {
    std::vector<char*> argv;
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int argc = static_cast<int>(arguments.size());
    const auto table = getopt_table();
    optind = 0;  // glibc: start afresh
    opterr = 0;
    while (true) {
        const int at = std::max(optind, 1);
        const int number = getopt_long(argc, argv.data(), "+:", table.data(), nullptr);
        if (number == -1) break;
        const std::string written = at < argc ? argv[static_cast<std::size_t>(at)] : "";
        if (number == ':') return fail(plain_error(written + " needs an argument" + kSeeHelp));
        if (number == '?') {
            return fail(plain_error("unknown or misused option " + written + kSeeHelp));
        }
        const auto index = static_cast<std::size_t>(number - kFirstNumber);
        const std::string flag = std::string("--") + kOptions[index].flag;
        const auto set =
            set_option(kOptions[index].id, flag, optarg == nullptr ? "" : optarg, options);
        if (!set) return fail(set.error().within(flag));
        given[index] = true;
    }
    if (optind < argc) {
        return fail(plain_error("found the argument `" +
                                arguments[static_cast<std::size_t>(optind)] +
                                "`, expected options only" + kSeeHelp));
    }
    return {};
}

}  // namespace

Result<Options> parse_options(std::vector<std::string> arguments, const Getenv& environment) {
    Options options;
    Given given{};
    const auto flags = read_flags(arguments, given, options);
    if (!flags) return fail(flags.error());
    if (options.show_help || options.show_version) return options;
    const auto variables = read_environment(environment, given, options);
    if (!variables) return fail(variables.error());
    return options;
}

std::string help_text() {
    constexpr std::size_t kHelpColumn = 22;
    std::string text =
        "Usage: vfswatchd [OPTION]...\n"
        "Serve exact per-file read metrics from the kernel on a Prometheus endpoint.\n\n";
    for (const OptionSpec& spec : kOptions) {
        std::string line = std::string("  --") + spec.flag;
        if (spec.argument != nullptr) line += std::string(" ") + spec.argument;
        line.resize(std::max(line.size(), kHelpColumn), ' ');
        for (const char* c = spec.help; *c != '\0'; ++c) {
            line += *c;
            if (*c == '\n') line.append(kHelpColumn, ' ');
        }
        text += line + "\n";
        if (spec.environment == nullptr) continue;
        text += std::string(kHelpColumn, ' ') + "[environment: " + spec.environment + "]\n";
    }
    return text +
           "\nBuilt-in defaults < file < conf.d < environment < flags.\n"
           "Exit codes: 0, 64 usage, 69 the kernel refuses, 77 permission, 78 configuration.\n";
}

void apply_options(const Options& options, Config& config) {
    if (!options.listen.empty()) config.listen = options.listen;
}

}  // namespace vfswatchd
