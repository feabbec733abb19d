// SPDX-License-Identifier: Apache-2.0
#include "config/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "config/keys.h"
#include "config/text.h"
#include "config/values.h"

namespace vfswatchd {
namespace {

/// getpwnam(3) and getgrnam(3) list these, beside 0, as "the name was not found".
bool means_not_found(int number) {
    return number == 0 || number == ENOENT || number == ESRCH || number == EBADF || number == EPERM;
}

/// `find` is getpwnam_r or getgrnam_r, `id` the number in what it finds.
template <typename Entry, typename Id>
Result<std::optional<std::uint32_t>> look_up(int (*find)(const char*, Entry*, char*, std::size_t,
                                                         Entry**),
                                             Id Entry::*id, const std::string& name,
                                             const char* what) {
    constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;  // of an entry, whoever made it
    std::vector<char> texts(1024);
    while (true) {
        Entry entry{};
        Entry* found = nullptr;
        const int number = find(name.c_str(), &entry, texts.data(), texts.size(), &found);
        if (found != nullptr) return found->*id;
        if (number == ERANGE && texts.size() < kMaxBytes) {
            texts.resize(texts.size() * 2);
        } else if (means_not_found(number)) {
            return std::nullopt;
        } else if (number != EINTR) {
            return fail(
                errno_error(number, std::string("cannot look up the ") + what + with_quotes(name)));
        }
    }
}

Checked<std::uint32_t> parse_id(std::string_view text, const IdLookup& find,
                                const std::string& what) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_digit)) {
        const auto number = parse_count(text, 0, kMaxUid);
        if (!number) return wrong(number.error());
        return static_cast<std::uint32_t>(*number);
    }
    // The system would take a name with a NUL for the part before it.
    if (!text.empty() && text.find('\0') == std::string_view::npos) {
        const auto id = find(std::string(text));
        if (!id) return wrong(id.error().message() + "; write the " + what + "'s number");
        if (*id) return **id;
    }
    return wrong("found the unknown " + what + " " + with_quotes(text) +
                 ", expected the name of a " + what + " of this machine or a number from 0 to " +
                 std::to_string(kMaxUid) + "; create the " + what + ", or write its number");
}

}  // namespace

Result<std::optional<std::uint32_t>> look_up_user(const std::string& name) {
    return look_up(&getpwnam_r, &passwd::pw_uid, name, "user ");
}

Result<std::optional<std::uint32_t>> look_up_group(const std::string& name) {
    return look_up(&getgrnam_r, &group::gr_gid, name, "group ");
}

Checked<std::uint32_t> parse_uid(std::string_view text, const IdLookup& find_user) {
    return parse_id(text, find_user, "user");
}

Checked<std::uint32_t> parse_gid(std::string_view text, const IdLookup& find_group) {
    return parse_id(text, find_group, "group");
}

}  // namespace vfswatchd
