// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace vfswatchd {

/// The text inside one gzip member, or nullopt where it is damaged, short or followed by anything.
std::optional<std::string> gunzip(const std::string& packed);

}  // namespace vfswatchd
