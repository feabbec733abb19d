// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/exit_code.h"
#include "service/flags.h"

namespace vfswatchd {

/// What `vfswatchctl snippets` is asked to show.
struct SnippetsOptions {
    std::vector<std::string> targets;  ///< empty: all
    std::string journal_namespace;     ///< empty: the default one
    bool follow = false;
    std::optional<std::uint64_t> last;  ///< only so many of what is there; absent: all of it
    bool json = false;
};

[[nodiscard]] std::span<const FlagSpec> snippets_flags();

/// Errors: the message names the flag and what it expects.
[[nodiscard]] Result<SnippetsOptions> snippets_options(const std::vector<GivenFlag>& flags);

/// Writes the sampled reads of the journal to stdout, until there are no more or, where they are
/// followed, nobody reads them any more. What is wrong or missing is said on stderr.
[[nodiscard]] ExitCode show_snippets(const SnippetsOptions& options);

}  // namespace vfswatchd
