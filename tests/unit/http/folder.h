// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace vfswatchd {

/// A directory for one test, removed with all that is in it. Errors: throws.
class Folder {
  public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
    /// Writes the file, in place of one that was there, and returns its path.
    std::string write(const std::string& name, const std::string& text, ::mode_t mode = 0600) const;

  private:
    std::string path_;
};

}  // namespace vfswatchd
