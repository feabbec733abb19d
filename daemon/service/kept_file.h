// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace vfswatchd {

/// Bytes in memory that outlive a process that is killed at any moment: what it wrote last is
/// there, whole, or what it wrote before. Another boot starts with nothing. Thread: one at a time.
class KeptFile {
  public:
    [[nodiscard]] static Result<KeptFile> create(const char* name);
    /// One that another process made.
    explicit KeptFile(UniqueFd fd);

    [[nodiscard]] int fd() const { return fd_.get(); }
    /// Of what was written last; 0: nothing is whole.
    [[nodiscard]] std::uint64_t sequence() const { return head_.sequence; }
    [[nodiscard]] std::uint64_t bytes() const { return head_.bytes; }
    [[nodiscard]] Result<std::string> read() const;

    /// In place of what is there. While it writes, nothing is.
    [[nodiscard]] Result<void> write(std::uint64_t sequence, std::string_view bytes);
    /// Behind what is there.
    [[nodiscard]] Result<void> append(std::string_view bytes);

  private:
    struct Head {
        std::uint64_t sequence = 0;
        std::uint64_t bytes = 0;
    };

    [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::string_view bytes) const;
    [[nodiscard]] Result<void> commit(Head head);

    UniqueFd fd_;
    Head head_;
};

}  // namespace vfswatchd
