// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "policy/glob.h"

namespace vfswatchd {

/// Files of which nothing is copied, unless the target says `allow_sensitive`.
struct SensitiveFiles {
    std::string_view pattern;
    std::string_view what;  ///< of it is to be kept from the journal
};

/// The built-in list. A row means what its pattern matches and everything below; but for devices
/// and /run/user it matches at any depth, so also under the roots of containers and chroots and
/// in homes wherever they are. It goes by names alone: a copy or a hard link that is called
/// otherwise is not known.
[[nodiscard]] std::span<const SensitiveFiles> sensitive_files();

/// Reads the pattern of a row.
[[nodiscard]] std::vector<GlobStep> parse_sensitive(std::string_view pattern);

/// Whether the target copies, but nothing of what is on the list.
[[nodiscard]] bool spares_sensitive(const TargetConfig& target);

/// Include patterns that name what is on the list, of targets that spare it: nothing of it would
/// ever be copied. Wider patterns are no mistake: of what they match, the list is left out.
[[nodiscard]] std::vector<ConfigFault> sensitive_includes(const Config& config);

}  // namespace vfswatchd
