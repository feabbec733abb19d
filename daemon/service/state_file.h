// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace vfswatchd {

/// What is to be known of pinned objects to go on with them.
struct StoppedState {
    std::vector<std::string> objects;  ///< their names: all of them were pinned
    std::string state;                 ///< as Watch writes it
};

/// A file for the next process of the same boot, which is there whole or not at all.
/// Thread: one at a time.
class StateFile {
  public:
    /// `boot` names the boot that this process lives in.
    StateFile(std::string path, std::string boot)
        : path_(std::move(path)), boot_(std::move(boot)) {}

    /// In place of what is there. Makes the directory where it is not there; the file is of
    /// the directory's owner, whoever writes it.
    [[nodiscard]] Result<void> write(const StoppedState& stopped) const;

    /// Absent: there is no file, or one of another boot.
    /// Errors: it cannot be read, or is not whole.
    [[nodiscard]] Result<std::optional<StoppedState>> read() const;

    /// False: there was none.
    [[nodiscard]] Result<bool> remove() const;

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    [[nodiscard]] std::string path_of_new() const { return path_ + ".new"; }
    [[nodiscard]] Result<void> write_new(const std::string& bytes) const;

    std::string path_;
    std::string boot_;
};

}  // namespace vfswatchd
