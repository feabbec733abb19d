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

/// An include pattern that names what is on the list, of a target that spares it: such files are
/// counted, and nothing of them is copied. (Wider patterns name more than the list.)
struct SensitiveInclude {
    const TargetConfig* target;
    const PathPattern* pattern;
    const SensitiveFiles* files;
};
/// All of them. Points into `config`.
[[nodiscard]] std::vector<SensitiveInclude> sensitive_includes(const Config& config);

/// Those of targets that name nothing else, and would never copy anything.
[[nodiscard]] std::vector<ConfigFault> sensitive_faults(const Config& config);

}  // namespace vfswatchd
