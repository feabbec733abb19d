// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace vfswatchd {

/// Keeps libbpf's warnings to itself while it lives, so that they can become part of an error.
/// Thread: one at a time; libbpf has one callback for the whole process.
class LibbpfLog {
  public:
    LibbpfLog();
    ~LibbpfLog();
    LibbpfLog(const LibbpfLog&) = delete;
    LibbpfLog& operator=(const LibbpfLog&) = delete;

    /// The warning that says most: the first, without libbpf's prefix; empty when there was none.
    [[nodiscard]] std::string first_warning() const;
};

}  // namespace vfswatchd
