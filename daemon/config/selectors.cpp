// SPDX-License-Identifier: Apache-2.0
#include "config/selectors.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

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

}  // namespace

Checked<void> check_comm(std::string_view text) {
    if (text.empty()) return wrong("found an empty name, expected 1 to 15 bytes");
    if (text.find('\0') != std::string_view::npos) {
        return wrong("found a NUL byte, which no process's name holds");
    }
    if (text.size() > kMaxCommBytes) {
        return wrong(text, "at most " + std::to_string(kMaxCommBytes) +
                               " bytes, to which the kernel cuts a process's name; write " +
                               with_quotes(text.substr(0, kMaxCommBytes)));
    }
    return {};
}

Checked<void> check_exe(std::string_view text) {
    Checked<void> checked = check_pattern(text);
    if (!checked) return checked;
    if (text.front() == '/') return {};
    const std::string anywhere = (text.starts_with("**/") ? "/" : "/**/") + std::string(text);
    return wrong(
        text, "a pattern that starts with `/`; for any directory write " + with_quotes(anywhere));
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
        return wrong(
            text, "a path below the root of the cgroups; leave " + with_quotes(kMount) + " away");
    }
    return {};
}

}  // namespace vfswatchd
