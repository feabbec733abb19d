// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/snippet.h"

namespace vfswatchd {

/// A sampled read, as an entry of the journal tells it. The texts are valid UTF-8 without control
/// characters; path and comm are escaped as in the labels.
struct LoggedSnippet {
    std::chrono::microseconds time{0};  ///< since 1970 in UTC, when the journal got it
    std::string target;
    std::optional<std::string> path;  ///< absent: it could not be read, as a rename raced
    std::string comm;
    std::uint32_t pid = 0;
    std::uint32_t tid = 0;
    std::uint32_t uid = 0;
    std::uint64_t bytes = 0;  ///< that the read returned
    std::uint64_t requested = 0;
    std::optional<std::uint64_t> offset;  ///< absent: the file has none
    bool truncated = false;               ///< the read returned more than was copied
    std::string_view encoding;            ///< in which the entry has the data: its word
    std::string data;
};

/// The fields that parse_snippet() looks at.
inline constexpr std::array<std::string_view, 12> kSnippetFields = {
    "VFSWATCH_TARGET", "VFSWATCH_PATH",    "VFSWATCH_COMM",     "VFSWATCH_PID",
    "VFSWATCH_TID",    "VFSWATCH_UID",     "VFSWATCH_BYTES",    "VFSWATCH_REQUESTED",
    "VFSWATCH_OFFSET", "VFSWATCH_SNIPPET", "VFSWATCH_ENCODING", "VFSWATCH_TRUNCATED"};

/// Longer fields are of nobody whom we know: the escapes take at most four characters for each of
/// the 4,096 bytes of a path or a snippet. libsystemd cuts only what is longer than 64 KiB.
inline constexpr std::size_t kMaxFieldBytes = 32768;

/// Fields of an entry, without those that it does not have.
using EntryFields = std::map<std::string, std::string, std::less<>>;

/// Nothing of an entry is taken on trust: whoever may write to the journal may have made it.
/// Errors: the name of the first field that is missing or wrong.
[[nodiscard]] Result<LoggedSnippet> parse_snippet(std::chrono::microseconds time,
                                                  const EntryFields& fields);

}  // namespace vfswatchd
