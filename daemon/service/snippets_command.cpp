// SPDX-License-Identifier: Apache-2.0
#include "service/snippets_command.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "journal/snippet_log.h"
#include "service/snippet_text.h"

namespace vfswatchd {
namespace {

enum FlagId : int { kTarget, kFollow, kLines, kJson, kNamespace };

constexpr std::array kFlags = std::to_array<FlagSpec>({
    {kTarget, "target", "TARGET", "of this target only; may be repeated", 't'},
    {kFollow, "follow", nullptr, "go on with those to come, until Ctrl-C", 'f'},
    {kLines, "lines", "LINES",
     "the last so many of those that are there\n(default: all; with --follow 10)", 'n'},
    {kJson, "json", nullptr, "for machines: an object a line"},
    {kNamespace, "namespace", "NAMESPACE",
     "of this journal namespace, as the unit's LogNamespace=\nnames it"},
    kHelpFlag,
});

constexpr std::uint64_t kFollowedFrom = 10;

Result<std::uint64_t> parse_lines(std::string_view text) {
    std::uint64_t lines = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, lines);
    // sd_journal_next(3) goes no further at once.
    if (error != std::errc() || stop != end || lines > INT_MAX)
        return fail(plain_error("found `" + std::string(text) +
                                "`, expected a number of reads, 0 to " + std::to_string(INT_MAX)));
    return lines;
}

Result<std::string> parse_name(const std::string& text, const std::string& what) {
    if (text.empty()) return fail(plain_error("found an empty name, expected " + what));
    return text;
}

Result<void> set_flag(const GivenFlag& flag, SnippetsOptions& options) {
    Result<std::string> name;
    Result<std::uint64_t> lines;
    switch (flag.id) {
        case kTarget:
            name = parse_name(flag.argument, "a target");
            if (!name) return fail(name.error());
            options.targets.push_back(*name);
            break;
        case kNamespace:
            name = parse_name(flag.argument, "a journal namespace");
            if (!name) return fail(name.error());
            options.journal_namespace = *name;
            break;
        case kLines:
            lines = parse_lines(flag.argument);
            if (!lines) return fail(lines.error());
            options.last = *lines;
            break;
        case kFollow:
            options.follow = true;
            break;
        case kJson:
            options.json = true;
            break;
        default:
            break;
    }
    return {};
}

void say(const std::string& text) {
    std::fprintf(stderr, "vfswatchctl: %s\n", text.c_str());
}

ExitCode complain(const Error& error) {
    if (error.code == std::errc::permission_denied) {
        say(error.message() +
            "; run as root, or join the group systemd-journal "
            "(sudo usermod -aG systemd-journal USER) and log in again");
        return ExitCode::kPermission;
    }
    say(error.message());
    return ExitCode::kUnavailable;
}

void hint() {
    say("the journal has no such sampled reads: are there targets with `snippets`, does the daemon "
        "run, and has its unit a LogNamespace= (then name it with --namespace)?");
}

/// https://no-color.org
bool wants_colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

/// False: nobody reads it any more.
Result<bool> print(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return true;
    if (errno == EPIPE) return false;
    return fail(errno_error(errno, "write"));
}

Result<bool> print_entry(const SnippetLog& log, const SnippetsOptions& options, bool colour) {
    const auto snippet = log.snippet();
    if (snippet)
        return print(options.json ? snippet_to_json(*snippet) : snippet_to_text(*snippet, colour));
    const auto time = log.time();
    say("skipped a malformed entry" + (time ? " of " + local_time(*time) : "") + ": " +
        snippet.error().message());
    return true;
}

/// The entries that are there.
/// Returns whether anybody still reads them; `count` grows by each.
Result<bool> show_present(SnippetLog& log, const SnippetsOptions& options, bool colour,
                          std::uint64_t& count) {
    while (true) {
        const auto next = log.next();
        if (!next) return fail(next.error());
        if (!*next) return true;
        ++count;
        auto printed = print_entry(log, options, colour);
        if (!printed || !*printed) return printed;
    }
}

Result<void> show_all(SnippetLog& log, const SnippetsOptions& options) {
    const bool colour = wants_colour();
    std::uint64_t count = 0;
    Result<bool> goes_on = show_present(log, options, colour, count);
    if (goes_on && *goes_on && count == 0 && options.last != 0) hint();
    while (options.follow && goes_on && *goes_on) {
        goes_on = log.wait(STDOUT_FILENO);
        if (goes_on && *goes_on) goes_on = show_present(log, options, colour, count);
    }
    if (!goes_on) return fail(goes_on.error());
    return {};
}

Result<void> open_and_show(const SnippetsOptions& options) {
    auto log = SnippetLog::open(options.journal_namespace, options.targets);
    if (!log) return fail(log.error());
    if (options.last) {
        auto found = log->seek_last(*options.last);
        if (!found) return found;
    }
    return show_all(*log, options);
}

}  // namespace

std::span<const FlagSpec> snippets_flags() {
    return kFlags;
}

Result<SnippetsOptions> snippets_options(const std::vector<GivenFlag>& flags) {
    SnippetsOptions options;
    for (const GivenFlag& flag : flags) {
        const auto set = set_flag(flag, options);
        if (!set) return fail(set.error().within(flag.name));
    }
    if (options.follow && !options.last) options.last = kFollowedFrom;
    return options;
}

ExitCode show_snippets(const SnippetsOptions& options) {
    const auto shown = open_and_show(options);
    return shown ? ExitCode::kOk : complain(shown.error());
}

}  // namespace vfswatchd
