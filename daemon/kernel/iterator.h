// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"

struct bpf_link;
struct bpf_map;
struct bpf_program;

namespace vfswatchd {

/// A BPF program that the kernel runs for each task, or for each element of a map.
/// Thread: one at a time.
class Iterator {
  public:
    using Take = std::function<void(std::span<const std::byte>)>;

    /// `program` is loaded and outlives the iterator. Without a map: over the tasks.
    [[nodiscard]] static Result<Iterator> open(bpf_program* program, const bpf_map* map = nullptr);

    /// Goes over all of them; `take` gets what the program wrote, whole records at a time.
    [[nodiscard]] Result<void> run(const Take& take) const;
    [[nodiscard]] Result<void> run() const;

  private:
    struct LinkDeleter {
        void operator()(bpf_link* link) const;
    };

    explicit Iterator(bpf_link* link) : link_(link) {}

    std::unique_ptr<bpf_link, LinkDeleter> link_;
};

}  // namespace vfswatchd
