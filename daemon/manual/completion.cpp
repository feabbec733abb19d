// SPDX-License-Identifier: Apache-2.0
#include "manual/completion.h"

#include <algorithm>
#include <span>
#include <vector>

#include "service/commands.h"
#include "service/options.h"

namespace vfswatchd {
namespace {

constexpr std::string_view kDaemon = "vfswatchd";
constexpr std::string_view kCtl = "vfswatchctl";
constexpr std::string_view kMadeBy = "# Made by vfswatchd_manual from the tables of flags.\n";

bool takes_file(const FlagSpec& flag) {
    const std::string_view argument = flag.argument == nullptr ? "" : flag.argument;
    return argument == "FILE" || argument == "PATH";
}

/// `--name` and, where it has one, `-n`.
std::vector<std::string> spellings(const FlagSpec& flag) {
    std::vector<std::string> found;
    if (flag.letter != '\0') found.push_back(std::string("-") + flag.letter);
    found.push_back(std::string("--") + flag.name);
    return found;
}

std::string long_names(std::span<const FlagSpec> flags) {
    std::string names;
    for (const FlagSpec& flag : flags)
        names += (names.empty() ? "--" : " --") + std::string(flag.name);
    return names;
}

std::string bash_words(std::string_view words) {
    return "mapfile -t COMPREPLY < <(compgen -W '" + std::string(words) + "' -- \"$cur\")";
}

/// Arms of a `case` on `prefix` and the word before: the arguments of flags.
std::string bash_arguments(std::span<const FlagSpec> flags, const std::string& prefix) {
    std::string arms;
    for (const FlagSpec& flag : flags) {
        if (flag.argument == nullptr) continue;
        std::string patterns;
        for (const std::string& spelling : spellings(flag)) {
            if (!patterns.empty()) patterns += " | ";
            patterns += prefix.empty() ? spelling : "'" + prefix + " " + spelling + "'";
        }
        arms += "\t" + patterns + ")\n";
        if (takes_file(flag)) {
            arms +=
                "\t\tcompopt -o filenames\n"
                "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n";
        } else if (flag.words != nullptr) {
            arms += "\t\t" + bash_words(flag.words) + "\n";
        }
        arms += "\t\treturn\n\t\t;;\n";
    }
    return arms;
}

std::string bash_function(std::string_view program, const std::string& body) {
    return "# shellcheck shell=bash\n# SPDX-License-Identifier: Apache-2.0\n" +
           std::string(kMadeBy) + "_" + std::string(program) +
           "() {\n"
           "\tlocal cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "\tCOMPREPLY=()\n"
           "\t# --flag=value comes as three words.\n"
           "\tif [[ $cur == = ]]; then\n"
           "\t\tcur=\n"
           "\telif [[ $before == = ]]; then\n"
           "\t\tbefore=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "\tfi\n" +
           body + "}\ncomplete -F _" + std::string(program) + " " + std::string(program) + "\n";
}

std::string bash_daemon() {
    return bash_function(kDaemon, "\tcase $before in\n" + bash_arguments(daemon_flags(), "") +
                                      "\tesac\n\t" + bash_words(long_names(daemon_flags())) + "\n");
}

std::string bash_ctl() {
    std::string names;
    std::string arguments;
    std::string flags;
    for (const Command& command : commands()) {
        names += std::string(command.name) + " ";
        arguments += bash_arguments(command.flags(), command.name);
        flags += "\t" + std::string(command.name) + ") " + bash_words(long_names(command.flags())) +
                 " ;;\n";
    }
    return bash_function(kCtl, "\tif ((COMP_CWORD == 1)); then\n\t\t" +
                                   bash_words(names + long_names(commandless_flags())) +
                                   "\n\t\treturn\n\tfi\n\tcase \"${COMP_WORDS[1]} $before\" in\n" +
                                   arguments + "\tesac\n\tcase ${COMP_WORDS[1]} in\n" + flags +
                                   "\tesac\n");
}

/// As it stands within single quotes.
std::string quoted(std::string_view text, std::string_view special) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\'')
            escaped += "'\\''";
        else if (c == '\n')
            escaped += ' ';
        else if (special.find(c) != std::string_view::npos)
            escaped += std::string("\\") + c;
        else
            escaped += c;
    }
    return escaped;
}

/// One word of _arguments for each spelling. Flags with an argument may be repeated, help and
/// version end the line.
std::string zsh_specs(const FlagSpec& flag, const std::string& indent) {
    const std::string_view name = flag.name;
    std::string before = "*";
    if (name == "help" || name == "version") {
        before = "(- *)";
    } else if (flag.argument == nullptr) {
        before = "(";
        for (const std::string& spelling : spellings(flag))
            before += (before.size() == 1 ? "" : " ") + spelling;
        before += ")";
    }
    std::string lines;
    for (const std::string& spelling : spellings(flag)) {
        lines += indent + "'" + before + spelling;
        const bool is_long = spelling.size() > 2;
        if (flag.argument != nullptr && is_long) lines += "=";
        lines += "[" + quoted(flag.help, "[]\\") + "]";
        if (flag.argument != nullptr) {
            lines += ":" + std::string(flag.argument) + ":";
            if (takes_file(flag)) lines += "_files";
            if (flag.words != nullptr) lines += "(" + std::string(flag.words) + ")";
        }
        lines += "' \\\n";
    }
    return lines;
}

std::string zsh_arguments(std::span<const FlagSpec> flags, const std::string& indent) {
    std::string text = indent + "_arguments -s \\\n";
    for (const FlagSpec& flag : flags)
        text += zsh_specs(flag, indent + "\t");
    // Without the last continuation.
    return text.substr(0, text.size() - 3) + "\n";
}

std::string zsh_head(std::string_view program) {
    return "#compdef " + std::string(program) + "\n# SPDX-License-Identifier: Apache-2.0\n" +
           std::string(kMadeBy);
}

std::string zsh_daemon() {
    return zsh_head(kDaemon) + zsh_arguments(daemon_flags(), "");
}

std::string zsh_ctl() {
    std::string names;
    std::string cases;
    for (const Command& command : commands()) {
        names += "\t\t'" + std::string(command.name) + ":" + quoted(command.summary, ":\\") + "'\n";
        cases += "\t" + std::string(command.name) + ")\n" + zsh_arguments(command.flags(), "\t\t") +
                 "\t\t;;\n";
    }
    std::string specs;
    for (const FlagSpec& flag : commandless_flags())
        specs += zsh_specs(flag, "\t\t");
    return zsh_head(kCtl) +
           "_vfswatchctl() {\n"
           "\tlocal curcontext=$curcontext state line\n"
           "\tlocal -a commands=(\n" +
           names +
           "\t)\n"
           "\t_arguments -C \\\n" +
           specs +
           "\t\t'1:command:{_describe command commands}' \\\n"
           "\t\t'*::option:->options'\n"
           "\t[[ $state == options ]] || return\n"
           "\tcase $line[1] in\n" +
           cases + "\tesac\n}\n_vfswatchctl \"$@\"\n";
}

}  // namespace

std::optional<std::string> bash_completion(std::string_view program) {
    if (program == kDaemon) return bash_daemon();
    if (program == kCtl) return bash_ctl();
    return std::nullopt;
}

std::optional<std::string> zsh_completion(std::string_view program) {
    if (program == kDaemon) return zsh_daemon();
    if (program == kCtl) return zsh_ctl();
    return std::nullopt;
}

}  // namespace vfswatchd
