// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// Makes a directory one daemon's own, until this or its process ends, however it ends.
/// One at a time in a process and a directory: the kernel gives the lock up once the process
/// closes any descriptor of the file (fcntl(2) on record locks), and does not pass it on to
/// children.
class ControlLock {
  public:
    /// Makes the directory where it is not there; what is above it must be.
    /// Errors: the directory cannot be made or entered, or has something else in the lock's place.
    [[nodiscard]] static Result<ControlLock> take(const std::string& directory);

    /// The process that has the directory instead of this one; 0 where its number means nothing
    /// here (another pid namespace). Absent: this one has it.
    [[nodiscard]] std::optional<pid_t> holder() const { return holder_; }

  private:
    ControlLock(UniqueFd file, std::optional<pid_t> holder)
        : file_(std::move(file)), holder_(holder) {}

    UniqueFd file_;
    std::optional<pid_t> holder_;
};

}  // namespace vfswatchd
