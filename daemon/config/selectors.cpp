// SPDX-License-Identifier: Apache-2.0
#include "config/selectors.h"

#include <pwd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "config/keys.h"
#include "config/values.h"

namespace vfswatchd {
namespace {

/// The types of units that have a cgroup of their own. Source: systemd.unit(5), systemd.exec(5).
constexpr std::array<std::string_view, 6> kUnitSuffixes = {".service", ".socket", ".mount",
                                                           ".swap",    ".slice",  ".scope"};

/// Source: VALID_CHARS in systemd's unit-name.c, and our wildcards.
bool is_unit_byte(char c) {
    constexpr std::string_view kSigns = ":-_.\\@*?";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
}

bool is_template(std::string_view unit) {
    const std::size_t at = unit.find('@');
    return at != std::string_view::npos && at + 1 == unit.rfind('.');
}

/// getpwnam(3) lists these, beside 0, as "the name was not found".
bool means_not_found(int number) {
    return number == 0 || number == ENOENT || number == ESRCH || number == EBADF || number == EPERM;
}

}  // namespace

Checked<void> check_comm(std::string_view text) {
    if (text.empty()) return wrong("found an empty name, expected 1 to 15 bytes");
    if (text.find('\0') != std::string_view::npos) {
        return wrong("found a NUL byte, which no process's name holds");
    }
    if (text.size() > kMaxCommBytes) {
        return wrong(text, "at most " + std::to_string(kMaxCommBytes) +
                               " bytes, to which the kernel cuts a process's name; write " +
                               quoted(text.substr(0, kMaxCommBytes)));
    }
    return {};
}

Checked<void> check_exe(std::string_view text) {
    Checked<void> checked = check_pattern(text);
    if (!checked) return checked;
    if (text.front() == '/') return {};
    const std::string anywhere = (text.starts_with("**/") ? "/" : "/**/") + std::string(text);
    return wrong(text,
                 "a pattern that starts with `/`; for any directory write " + quoted(anywhere));
}

Checked<void> check_unit(std::string_view text) {
    if (text.empty() || text.size() > kMaxUnitBytes ||
        !std::all_of(text.begin(), text.end(), is_unit_byte)) {
        return wrong(text,
                     "a unit's name of 1 to 255 of the characters a-z A-Z 0-9 : - _ . \\ @, "
                     "and the wildcards `*` and `?`");
    }
    const bool known =
        std::any_of(kUnitSuffixes.begin(), kUnitSuffixes.end(), [&](std::string_view suffix) {
            return text.size() > suffix.size() && text.ends_with(suffix);
        });
    if (!known) {
        return wrong(text, "a unit that can hold processes, with one of the suffixes " +
                               listed(kUnitSuffixes) + "; write the suffix out");
    }
    if (text == "-.slice") {
        return wrong(text, "a unit below it, for it holds every process; leave `processes` away");
    }
    if (is_template(text)) {
        const std::string instances = std::string(text).insert(text.find('@') + 1, "*");
        return wrong(text,
                     "an instance of this template; for all of them write '" + instances + "'");
    }
    return {};
}

Checked<void> check_cgroup(std::string_view text) {
    constexpr std::string_view kMount = "/sys/fs/cgroup";
    Checked<void> checked = check_pattern(text);
    if (!checked) return checked;
    if (text.front() != '/') {
        return wrong(text,
                     "a pattern that starts with `/`, the root of the cgroups; see "
                     "/proc/PID/cgroup for a process's cgroup");
    }
    if (text.starts_with(kMount)) {
        return wrong(text,
                     "a path below the root of the cgroups; leave " + quoted(kMount) + " away");
    }
    return {};
}

Result<std::optional<std::uint32_t>> look_up_user(const std::string& name) {
    constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;  // of an entry, whoever made it
    std::vector<char> texts(1024);
    while (true) {
        passwd entry{};
        passwd* found = nullptr;
        const int number = getpwnam_r(name.c_str(), &entry, texts.data(), texts.size(), &found);
        if (found != nullptr) return found->pw_uid;
        if (number == ERANGE && texts.size() < kMaxBytes) {
            texts.resize(texts.size() * 2);
        } else if (means_not_found(number)) {
            return std::nullopt;
        } else if (number != EINTR) {
            return fail(errno_error(number, "cannot look up the user " + quoted(name)));
        }
    }
}

Checked<std::uint32_t> parse_uid(std::string_view text, const UserLookup& find_user) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
        const auto number = parse_count(text, 0, kMaxUid);
        if (!number) return wrong(number.error());
        return static_cast<std::uint32_t>(*number);
    }
    // The system would take a name with a NUL for the part before it.
    if (!text.empty() && text.find('\0') == std::string_view::npos) {
        const auto uid = find_user(std::string(text));
        if (!uid) return wrong(uid.error().message() + "; write the user's number");
        if (*uid) return **uid;
    }
    return wrong("found the unknown user " + quoted(text) +
                 ", expected the name of a user of this machine or a number from 0 to " +
                 std::to_string(kMaxUid) + "; create the user, or write its number");
}

}  // namespace vfswatchd
