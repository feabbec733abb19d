// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "journal/logged_snippet.h"

namespace vfswatchd {

/// Two lines for people: who read what, in local time, and what he got, with `...` behind it where
/// that is not all.
[[nodiscard]] std::string snippet_to_text(const LoggedSnippet& snippet, bool colour);

/// One line, an object.
[[nodiscard]] std::string snippet_to_json(const LoggedSnippet& snippet);

/// `2026-11-25 17:20:01.123456`, in local time.
[[nodiscard]] std::string local_time(std::chrono::microseconds time);

}  // namespace vfswatchd
