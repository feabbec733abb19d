// SPDX-License-Identifier: Apache-2.0
#include "journal/snippet_log.h"

#include <poll.h>
#include <pwd.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "journal/message_ids.h"

namespace vfswatchd {
namespace {

Result<void> add_match(sd_journal* journal, const std::string& match) {
    const int result = sd_journal_add_match(journal, match.data(), match.size());
    if (result < 0) return fail(negative_errno_error(result, "match " + match));
    return {};
}

/// Any user may send the journal an entry with our MESSAGE_ID. These fields are journald's own: it
/// takes the uid from the socket, the unit from the cgroup. Who can be one of these can do as the
/// daemon does. The unit alone would leave out a daemon that root runs by hand, and the last
/// entries of one that ended before journald could look at its cgroup; _COMM anybody may choose.
Result<void> match_daemon(sd_journal* journal) {
    const passwd* user = getpwnam("vfswatchd");
    auto added = add_match(journal, "_UID=0");
    if (added && user != nullptr)
        added = add_match(journal, "_UID=" + std::to_string(user->pw_uid));
    if (!added) return added;
    const int result = sd_journal_add_disjunction(journal);
    if (result < 0) return fail(negative_errno_error(result, "match the unit"));
    return add_match(journal, "_SYSTEMD_UNIT=vfswatchd.service");
}

Result<void> match_snippets(sd_journal* journal, const std::vector<std::string>& targets) {
    auto added = add_match(journal, "MESSAGE_ID=" + std::string(kSnippetMessageId));
    // Matches of one field are alternatives.
    for (const std::string& target : targets)
        if (added) added = add_match(journal, "VFSWATCH_TARGET=" + target);
    if (!added) return added;
    const int result = sd_journal_add_conjunction(journal);
    if (result < 0) return fail(negative_errno_error(result, "match the daemon"));
    return match_daemon(journal);
}

/// libsystemd opens what it may and says nothing of the rest.
/// Source: systemd-journald.service(8), FILES and JOURNAL NAMESPACES.
bool is_shut(const std::string& journal_namespace) {
    sd_id128_t machine{};
    std::array<char, SD_ID128_STRING_MAX> text{};
    if (sd_id128_get_machine(&machine) < 0) return false;
    std::string folder = sd_id128_to_string(machine, text.data());
    if (!journal_namespace.empty()) folder += "." + journal_namespace;
    for (const char* root : {"/var/log/journal/", "/run/log/journal/"}) {
        const std::string file = root + folder + "/system.journal";
        if (access(file.c_str(), R_OK) != 0 && errno == EACCES) return true;
    }
    return false;
}

/// Network file systems do not tell of changes: look this often without being told.
constexpr int kLookAgainMs = 1000;

/// The current entry's field; nullopt: it has none.
Result<std::optional<std::string>> read_field(sd_journal* journal, std::string_view name) {
    const void* data = nullptr;
    std::size_t size = 0;
    const int result = sd_journal_get_data(journal, std::string(name).c_str(), &data, &size);
    if (result == -ENOENT) return std::nullopt;
    if (result < 0) return fail(negative_errno_error(result, std::string(name)));
    const std::string_view field(static_cast<const char*>(data), size);
    return std::string(field.substr(std::min(size, name.size() + 1)));  // behind "NAME="
}

}  // namespace

Result<SnippetLog> SnippetLog::open(const std::string& journal_namespace,
                                    const std::vector<std::string>& targets) {
    sd_journal* journal = nullptr;
    // Not the journals of users: the daemon's entries are never there.
    const int result = sd_journal_open_namespace(
        &journal, journal_namespace.empty() ? nullptr : journal_namespace.c_str(),
        SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
    if (result < 0) return fail(negative_errno_error(result, "open the journal"));
    SnippetLog log(journal);
    if (sd_journal_has_persistent_files(journal) == 0 &&
        sd_journal_has_runtime_files(journal) == 0 && is_shut(journal_namespace))
        return fail(errno_error(EACCES, "open the journal"));
    const auto matched = match_snippets(journal, targets);
    if (!matched) return fail(matched.error());
    return log;
}

Result<void> SnippetLog::seek_last(std::uint64_t count) {
    const int tail = sd_journal_seek_tail(journal_.get());
    if (tail < 0) return fail(negative_errno_error(tail, "go to the journal's end"));
    const int found = sd_journal_previous_skip(journal_.get(), std::max<std::uint64_t>(count, 1));
    if (found < 0) return fail(negative_errno_error(found, "go back in the journal"));
    at_entry_ = count > 0 && found > 0;
    if (found > 0) return {};
    // Behind the end of a log without entries nothing would ever come.
    const int head = sd_journal_seek_head(journal_.get());
    if (head < 0) return fail(negative_errno_error(head, "go to the journal's start"));
    return {};
}

Result<bool> SnippetLog::next() {
    if (std::exchange(at_entry_, false)) return true;
    const int result = sd_journal_next(journal_.get());
    if (result < 0) return fail(negative_errno_error(result, "read the journal"));
    return result > 0;
}

Result<std::chrono::microseconds> SnippetLog::time() const {
    std::uint64_t time_us = 0;
    const int result = sd_journal_get_realtime_usec(journal_.get(), &time_us);
    if (result < 0) return fail(negative_errno_error(result, "time of an entry"));
    return std::chrono::microseconds(time_us);
}

Result<LoggedSnippet> SnippetLog::snippet() const {
    const auto at = time();
    if (!at) return fail(at.error());
    EntryFields fields;
    for (const std::string_view name : kSnippetFields) {
        auto value = read_field(journal_.get(), name);
        if (!value) return fail(value.error());
        if (*value) fields.emplace(name, std::move(**value));
    }
    return parse_snippet(*at, fields);
}

Result<bool> SnippetLog::wait(int output) {
    // From the first call on it watches. What came just before is seen when it looks again.
    const int watched = sd_journal_get_fd(journal_.get());
    if (watched < 0) return fail(negative_errno_error(watched, "watch the journal"));
    const auto events = static_cast<short>(sd_journal_get_events(journal_.get()));
    std::array<pollfd, 2> polled = {{{watched, events, 0}, {output, 0, 0}}};  // of it errors alone
    if (poll(polled.data(), polled.size(), kLookAgainMs) < 0 && errno != EINTR)
        return fail(errno_error(errno, "wait for the journal"));
    if (polled[1].revents != 0) return false;
    const int result = sd_journal_process(journal_.get());
    if (result < 0) return fail(negative_errno_error(result, "watch the journal"));
    return true;
}

}  // namespace vfswatchd
