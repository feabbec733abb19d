// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace vfswatchd {

/// What is not to be shown of a text: whatever the groups of some regular expressions match.
/// Expressions are RE2's and see bytes, not characters: a snippet may hold anything, and be cut
/// anywhere.
/// Thread: any, once all expressions are added.
class Redaction {
  public:
    /// Errors: it does not compile, takes too much memory, or has no group; nothing was added.
    [[nodiscard]] Result<void> add(const std::string& expression);

    /// The text with `***` in place of all that a group of any match matched. Expressions do not
    /// see each other's work, and what their groups share becomes one `***`. Of a group that
    /// repeats within a match, RE2 knows the last time only: `(?:key=(\w+) ?)+` shows all keys but
    /// one.
    [[nodiscard]] std::string apply(std::string_view text) const;

    [[nodiscard]] bool empty() const { return expressions_.empty(); }

  private:
    std::vector<std::shared_ptr<const re2::RE2>> expressions_;
};

}  // namespace vfswatchd
