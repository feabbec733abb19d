// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/kept_objects.h"

namespace vfswatchd {

/// Kernel objects that have names in a directory of a bpffs, and so live there without any process
/// until these are removed or the machine ends. All that is in the directory is taken for such.
/// Thread: one at a time.
class Pins {
  public:
    explicit Pins(std::string directory) : directory_(std::move(directory)) {}

    /// Makes the directory where it is not there and can be.
    /// Errors: it is in no bpffs, or may not be written to.
    [[nodiscard]] Result<void> prepare() const;

    /// Pins all of these, or none: what was there and has one of these names is in the way.
    /// Errors: what the kernel refused, with the object's name.
    [[nodiscard]] Result<void> make(const ObjectsToKeep& objects) const;

    /// Errors: one of these is not there, or not to be had.
    [[nodiscard]] Result<KeptObjects> open(const std::vector<std::string>& names) const;

    /// 0 where there is no directory.
    [[nodiscard]] Result<std::size_t> count() const;

    /// Removes them all, and returns how many; the directory stays.
    [[nodiscard]] Result<std::size_t> remove() const;

  private:
    [[nodiscard]] Result<std::vector<std::string>> files() const;
    [[nodiscard]] std::string path_of(std::string name) const;

    std::string directory_;
};

}  // namespace vfswatchd
