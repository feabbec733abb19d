// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "base/result.h"

namespace vfswatchd {

struct FileText {
    std::string text;
    ::mode_t mode = 0;  ///< of the file that was read
};

/// Reads a file, and stops one byte behind `most_bytes`: enough for the caller to refuse it.
/// Errors: cannot open, cannot read; with the errno, without the name.
[[nodiscard]] Result<FileText> read_file(const std::string& path, std::size_t most_bytes);

/// The same, of a regular file only: others could keep their reader waiting.
[[nodiscard]] Result<FileText> read_regular_file(const std::string& path, std::size_t most_bytes);

}  // namespace vfswatchd
