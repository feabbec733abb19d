// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "config/text.h"

namespace vfswatchd {

/// A value, or the end of a fault's message: what was found, what was expected, the remedy.
template <typename T>
using Checked = tl::expected<T, std::string>;

inline tl::unexpected<std::string> wrong(std::string message) {
    return tl::unexpected<std::string>(std::move(message));
}

inline tl::unexpected<std::string> wrong(std::string_view found, const std::string& expected) {
    return wrong("found " + with_quotes(found) + ", expected " + expected);
}

}  // namespace vfswatchd
