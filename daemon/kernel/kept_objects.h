// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/unique_fd.h"

namespace vfswatchd {

/// Descriptors of kernel objects that outlive a process, by name.
using KeptObjects = std::map<std::string, UniqueFd>;

/// The same, while their owner has them.
using ObjectsToKeep = std::map<std::string, int>;

[[nodiscard]] inline ObjectsToKeep to_keep(const KeptObjects& kept) {
    ObjectsToKeep objects;
    for (const auto& [name, fd] : kept)
        objects[name] = fd.get();
    return objects;
}

}  // namespace vfswatchd
