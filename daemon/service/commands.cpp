// SPDX-License-Identifier: Apache-2.0
#include "service/commands.h"

#include <array>
#include <cstdio>
#include <string>

#include "service/doctor.h"
#include "service/reload_command.h"
#include "service/snippets_command.h"
#include "service/top_command.h"
#include "service/unpin_command.h"

namespace vfswatchd {
namespace {

constexpr int kJson = 0;
constexpr int kVersion = 0;

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

Result<ExitCode> top(const std::vector<GivenFlag>& flags) {
    const auto settings = top_settings(flags);
    if (!settings) return fail(settings.error());
    return top(*settings);
}

constexpr std::array kUnpinFlags = std::to_array<FlagSpec>({kHelpFlag});

std::span<const FlagSpec> unpin_flags() {
    return kUnpinFlags;
}

Result<ExitCode> unpin(const std::vector<GivenFlag>& /*none*/) {
    return unpin(UnpinPlaces{});
}

constexpr std::array kCommandlessFlags = std::to_array<FlagSpec>({
    {kHelpFlag.id, kHelpFlag.name, nullptr, "print this help, or a command's, and exit"},
    {kVersion, "version", nullptr, "print the version and exit"},
});

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
    {"top", "show live which files are read most",
     "Show live which files are read most, by the endpoint's counts: what was read since the "
     "scrape\n"
     "before, a second; files that nobody read meanwhile are left out. On a terminal keys sort (b, "
     "c,\n"
     "s, e, p), pause (space), explain themselves (h) and quit (q); elsewhere it prints one table\n"
     "after the other.\n"
     "Exit status 0: it was ended; 69: the endpoint gives no metrics; 77: not permitted.",
     top_flags, top},
    {"unpin", "remove from the kernel what a stopped daemon left there",
     "Remove what a stopped daemon left for its next start, where the configuration says\n"
     "persist_on_stop: probes, counts and their names. The next start counts from 0.\n"
     "Exit status 0: nothing is left; 69: a daemon runs; 77: not permitted.",
     unpin_flags, unpin},
});

}  // namespace

std::span<const Command> commands() {
    return kCommands;
}

std::span<const FlagSpec> commandless_flags() {
    return kCommandlessFlags;
}

}  // namespace vfswatchd
