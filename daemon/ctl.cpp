// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "service/doctor.h"
#include "service/exit_code.h"
#include "service/flags.h"
#include "service/reload_command.h"
#include "service/snippets_command.h"
#include "service/unpin_command.h"

namespace {

using namespace vfswatchd;

/// Does what a command's flags say.
/// Errors: what is wrong with them.
using Run = Result<ExitCode> (*)(const std::vector<GivenFlag>&);

struct Command {
    const char* name;
    const char* summary;
    const char* description;
    std::span<const FlagSpec> (*flags)();
    Run run;
};

constexpr int kJson = 0;
constexpr std::array kDoctorFlags = std::to_array<FlagSpec>({
    {kJson, "json", nullptr, "the findings for machines"},
    kHelpFlag,
});

std::span<const FlagSpec> doctor_flags() {
    return kDoctorFlags;
}

Result<ExitCode> doctor(const std::vector<GivenFlag>& flags) {
    const auto findings = examine();
    const std::string text = flags.empty() ? to_text(findings) : to_json(findings);
    std::fputs(text.c_str(), stdout);
    return can_count(findings) ? ExitCode::kOk : ExitCode::kUnavailable;
}

Result<ExitCode> snippets(const std::vector<GivenFlag>& flags) {
    const auto options = snippets_options(flags);
    if (!options) return fail(options.error());
    return show_snippets(*options);
}

Result<ExitCode> reload(const std::vector<GivenFlag>& flags) {
    const auto options = reload_options(flags);
    if (!options) return fail(options.error());
    return reload(*options);
}

constexpr std::array kUnpinFlags = std::to_array<FlagSpec>({kHelpFlag});

std::span<const FlagSpec> unpin_flags() {
    return kUnpinFlags;
}

Result<ExitCode> unpin(const std::vector<GivenFlag>& /*none*/) {
    return unpin(UnpinPlaces{});
}

constexpr std::array kCommands = std::to_array<Command>({
    {"doctor", "can this kernel count reads exactly, and if not, why and what to do",
     "Say whether this kernel can count reads exactly, and if not, why and what to do.\n"
     "Exit status 0: it can; 69: it cannot.",
     doctor_flags, doctor},
    {"reload", "have the daemon load its configuration, and wait for the outcome",
     "Have the daemon load its configuration, and wait for the outcome. Where the new one is "
     "wrong,\n"
     "its faults are shown, and the one before stays in force.\n"
     "Exit status 0: it is in force; 78: it is wrong; 69: it could not be put in force, or the\n"
     "daemon does not run; 77: not permitted.",
     reload_flags, reload},
    {"snippets", "show the sampled reads that are in the journal",
     "Show the sampled reads that are in the journal: who read what, and below it the bytes,\n"
     "with C-style escapes. The targets that have `snippets` in the configuration are sampled.",
     snippets_flags, snippets},
    {"unpin", "remove from the kernel what a stopped daemon left there",
     "Remove what a stopped daemon left for its next start, where the configuration says\n"
     "persist_on_stop: probes, counts and their names. The next start counts from 0.\n"
     "Exit status 0: nothing is left; 69: a daemon runs; 77: not permitted.",
     unpin_flags, unpin},
});

std::string help() {
    std::string text = "Usage: vfswatchctl COMMAND [OPTION]...\n\n";
    for (const Command& command : kCommands) {
        std::string name = command.name;
        name.resize(10, ' ');
        text += "  " + name + command.summary + "\n";
    }
    return text +
           "\n"
           "  --help      print this help, or a command's, and exit\n"
           "  --version   print the version and exit\n"
           "\n"
           "Exit codes: 0, 64 usage, 69 unavailable, 77 permission, 78 configuration.\n";
}

std::string help(const Command& command) {
    return std::string("Usage: vfswatchctl ") + command.name + " [OPTION]...\n" +
           command.description + "\n\n" + flags_help(command.flags());
}

ExitCode print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    return ExitCode::kOk;
}

ExitCode refuse(const std::string& message, const std::string& command = "") {
    std::fprintf(stderr, "vfswatchctl: %s; see vfswatchctl %s--help\n", message.c_str(),
                 command.c_str());
    return ExitCode::kUsage;
}

ExitCode run(const Command& command, const std::vector<std::string>& arguments) {
    const std::string name = std::string(command.name) + " ";
    const auto flags = read_flags(arguments, command.flags());
    if (!flags) return refuse(flags.error().message(), name);
    const bool asks_for_help = std::any_of(flags->begin(), flags->end(), [](const GivenFlag& flag) {
        return flag.id == kHelpFlag.id;
    });
    if (asks_for_help) return print(help(command));
    const auto code = command.run(*flags);
    return code ? *code : refuse(code.error().message(), name);
}

ExitCode run(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return refuse("expected a command");
    const std::string& first = arguments.front();
    if (first == "--help") return print(help());
    if (first == "--version") return print("vfswatchctl " VFSWATCHD_VERSION "\n");
    const auto* command = std::find_if(kCommands.begin(), kCommands.end(),
                                       [&](const Command& known) { return first == known.name; });
    if (command == kCommands.end()) return refuse("unknown command or option " + first);
    return run(*command, arguments);
}

}  // namespace

int main(int argc, char** argv) {
    return static_cast<int>(run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc)));
}
