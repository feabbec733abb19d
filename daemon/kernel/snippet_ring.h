// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"

struct ring_buffer;
struct vfswatch_bpf;

namespace vfswatchd {

/// The sampled reads on their way out of the kernel.
/// Thread: one at a time.
class SnippetRing {
  public:
    using Take = std::function<void(std::span<const std::byte> record)>;

    /// The skeleton must be loaded.
    [[nodiscard]] static Result<std::unique_ptr<SnippetRing>> open(vfswatch_bpf& skeleton);
    SnippetRing(const SnippetRing&) = delete;
    SnippetRing& operator=(const SnippetRing&) = delete;
    ~SnippetRing();

    /// Hands over records that wait, in their order; see decode_snippet(). Not all of a flood: what
    /// is left keeps fd() readable. Returns whether that may be.
    bool drain(const Take& take);

    /// Readable when records are waiting.
    [[nodiscard]] int fd() const;

  private:
    struct RingDeleter {
        void operator()(ring_buffer* ring) const;
    };

    SnippetRing() = default;
    static int take_record(void* ring, void* record, std::size_t bytes);

    std::unique_ptr<ring_buffer, RingDeleter> ring_;
    const Take* take_ = nullptr;  ///< while it drains
    int left_ = 0;                ///< that it takes in one go
};

}  // namespace vfswatchd
