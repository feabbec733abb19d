// SPDX-License-Identifier: Apache-2.0
#include "service/options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "config/values.h"
#include "service/flags.h"

namespace vfswatchd {
namespace {

enum OptionId : int { kConfig, kCheckConfig, kListen, kLogLevel, kVersion, kHelp };

constexpr std::array kFlags = std::to_array<FlagSpec>({
    {kConfig, "config", "FILE",
     "configuration file, with conf.d/*.yaml beside it\n(default /etc/vfswatchd/vfswatchd.yaml)",
     '\0', "VFSWATCHD_CONFIG"},
    {kCheckConfig, "check-config", nullptr,
     "check the configuration, print what it will take, and exit"},
    {kListen, "listen", "ADDR",
     "host:port, [v6]:port, or systemd for the sockets that it\n"
     "passes, instead of the file's addresses; may be repeated;\n"
     "the variable takes a list with commas",
     '\0', "VFSWATCHD_LISTEN"},
    {kLogLevel, "log-level", "LEVEL", "error, warning, notice, info or debug (default info)", '\0',
     "VFSWATCHD_LOG_LEVEL", "error warning notice info debug"},
    {kVersion, "version", nullptr, "print the version and exit"},
    {kHelp, "help", nullptr, "print this help and exit"},
});

constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kLogLevels = {{
    {"error", LogLevel::kError},
    {"warning", LogLevel::kWarning},
    {"notice", LogLevel::kNotice},
    {"info", LogLevel::kInfo},
    {"debug", LogLevel::kDebug},
}};

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
            return known.systemd == address->systemd && known.host == address->host &&
                   known.port == address->port && (known.systemd || known.port != 0);
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

Result<void> set_option(int id, const std::string& source, const std::string& value,
                        Options& options) {
    switch (id) {
        case kConfig:
            return set_config(options, value);
        case kListen:
            return add_listen(options, source, value);
        case kLogLevel:
            return set_log_level(options, value);
        case kCheckConfig:
            options.check_config = true;
            break;
        case kVersion:
            options.show_version = true;
            break;
        case kHelp:
            options.show_help = true;
            break;
        default:
            break;
    }
    return {};
}

/// A variable's value is one argument, or a list of them for an option that may be repeated.
std::vector<std::string> values_of(int id, const std::string& text) {
    if (id != kListen) return {text};
    std::vector<std::string> values;
    std::size_t start = 0;
    while (true) {
        const std::size_t comma = text.find(',', start);
        values.push_back(text.substr(start, comma - start));
        if (comma == std::string::npos) return values;
        start = comma + 1;
    }
}

bool is_given(int id, const std::vector<GivenFlag>& flags) {
    return std::any_of(flags.begin(), flags.end(),
                       [&](const GivenFlag& flag) { return flag.id == id; });
}

Result<void> read_environment(const Getenv& environment, const std::vector<GivenFlag>& flags,
                              Options& options) {
    for (const FlagSpec& spec : kFlags) {
        if (spec.environment == nullptr || is_given(spec.id, flags)) continue;
        const char* text = environment(spec.environment);
        if (text == nullptr || *text == '\0') continue;
        for (const std::string& value : values_of(spec.id, text)) {
            const auto set = set_option(spec.id, spec.environment, value, options);
            if (!set) return fail(set.error().within(spec.environment));
        }
    }
    return {};
}

}  // namespace

std::span<const FlagSpec> daemon_flags() {
    return kFlags;
}

Result<Options> parse_options(std::vector<std::string> arguments, const Getenv& environment) {
    Options options;
    const auto flags = read_flags(std::move(arguments), kFlags);
    if (!flags) return fail(plain_error(flags.error().message() + "; see vfswatchd --help"));
    for (const GivenFlag& flag : *flags) {
        const auto set = set_option(flag.id, flag.name, flag.argument, options);
        if (!set) return fail(set.error().within(flag.name));
    }
    if (options.show_help || options.show_version) return options;
    const auto variables = read_environment(environment, *flags, options);
    if (!variables) return fail(variables.error());
    return options;
}

std::string help_text() {
    return "Usage: vfswatchd [OPTION]...\n"
           "Serve exact per-file read metrics from the kernel on a Prometheus endpoint.\n\n" +
           flags_help(kFlags) +
           "\nBuilt-in defaults < file < conf.d < environment < flags.\n"
           "Exit codes: 0, 64 usage, 69 the kernel refuses, 77 permission, 78 configuration.\n";
}

void apply_options(const Options& options, Config& config) {
    if (options.listen.empty()) return;
    config.listen = options.listen;
    config.listens_by_default = false;
}

}  // namespace vfswatchd
