// SPDX-License-Identifier: Apache-2.0
#include "service/flags.h"

#include <getopt.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace vfswatchd {
namespace {

/// getopt's number of the table's first flag: clear of letters, '?' and ':'.
constexpr int kFirstNumber = 256;

std::vector<option> long_options(std::span<const FlagSpec> table) {
    std::vector<option> options;
    for (const FlagSpec& spec : table) {
        const int takes = spec.argument == nullptr ? no_argument : required_argument;
        options.push_back(
            {spec.name, takes, nullptr, kFirstNumber + static_cast<int>(options.size())});
    }
    options.push_back({});
    return options;
}

/// `+`: stop at the first argument that is no flag. `:`: tell a missing argument from an unknown
/// flag.
std::string letters(std::span<const FlagSpec> table) {
    std::string text = "+:";
    for (const FlagSpec& spec : table) {
        if (spec.letter == '\0') continue;
        text += spec.letter;
        if (spec.argument != nullptr) text += ':';
    }
    return text;
}

const FlagSpec& flag_of(int number, std::span<const FlagSpec> table) {
    if (number >= kFirstNumber) return table[static_cast<std::size_t>(number - kFirstNumber)];
    return *std::find_if(table.begin(), table.end(),
                         [&](const FlagSpec& spec) { return spec.letter == number; });
}

std::string flag_text(const FlagSpec& spec) {
    std::string text = "  ";
    if (spec.letter != '\0') text += std::string("-") + spec.letter + ", ";
    text += std::string("--") + spec.name;
    if (spec.argument != nullptr) text += std::string(" ") + spec.argument;
    return text;
}

}  // namespace

Result<std::vector<GivenFlag>> read_flags(std::vector<std::string> arguments,
                                          std::span<const FlagSpec> table) {
    std::vector<char*> argv;
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int argc = static_cast<int>(arguments.size());
    const auto options = long_options(table);
    const std::string short_options = letters(table);
    std::vector<GivenFlag> given;
    optind = 0;  // glibc: start afresh
    opterr = 0;
    while (true) {
        const int at = std::max(optind, 1);
        const int number =
            getopt_long(argc, argv.data(), short_options.c_str(), options.data(), nullptr);
        if (number == -1) break;
        const std::string written = at < argc ? argv[static_cast<std::size_t>(at)] : "";
        if (number == ':') return fail(plain_error(written + " needs an argument"));
        if (number == '?') return fail(plain_error("unknown or misused option " + written));
        const FlagSpec& spec = flag_of(number, table);
        given.push_back({spec.id, std::string("--") + spec.name, optarg == nullptr ? "" : optarg});
    }
    if (optind < argc) {
        return fail(plain_error("found the argument `" +
                                arguments[static_cast<std::size_t>(optind)] +
                                "`, expected options only"));
    }
    return given;
}

std::string flags_help(std::span<const FlagSpec> table) {
    constexpr std::size_t kHelpColumn = 22;
    std::string text;
    for (const FlagSpec& spec : table) {
        std::string line = flag_text(spec);
        if (line.size() >= kHelpColumn) text += std::exchange(line, "") + "\n";
        line.resize(kHelpColumn, ' ');
        for (const char* c = spec.help; *c != '\0'; ++c) {
            line += *c;
            if (*c == '\n') line.append(kHelpColumn, ' ');
        }
        text += line + "\n";
        if (spec.environment == nullptr) continue;
        text += std::string(kHelpColumn, ' ') + "[environment: " + spec.environment + "]\n";
    }
    return text;
}

}  // namespace vfswatchd
