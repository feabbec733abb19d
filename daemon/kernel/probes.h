// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/books.h"
#include "kernel/map_info.h"
#include "model/filter.h"
#include "model/reads.h"

struct bpf_link;
struct vfswatch_bpf;

namespace vfswatchd {

/// A rung of the accounting ladder: which kind of program runs at the start of a read.
enum class AccountingMethod { kLsm, kFentry };

[[nodiscard]] const char* method_name(AccountingMethod method);

/// An attached program, as vfswatch_probe_attached and vfswatch_probe_missed_total show it.
struct AttachedProbe {
    const char* role;      ///< "accounting" or "exit"
    const char* function;  ///< the kernel function that it stands on
    const char* method;    ///< "lsm", "fentry" or "fexit"
    std::uint64_t missed;  ///< runs that the kernel skipped since attach
};

/// The BPF programs of this daemon in the kernel, with their maps. Everything leaves the kernel
/// when it is destroyed.
/// Thread: one at a time.
class Probes {
  public:
    /// Loads the programs and fills the filter's tables; nothing runs yet.
    /// Errors: what the kernel or libbpf refused, with libbpf's own first warning.
    [[nodiscard]] static Result<Probes> load(const Filter& filter, const TableSizes& sizes,
                                             AccountingMethod method);

    Probes(Probes&&) noexcept;
    Probes& operator=(Probes&&) noexcept;
    ~Probes();

    /// From here on wanted reads are counted.
    [[nodiscard]] Result<void> attach_accounting();

    /// From here on errors and ends of file are counted.
    [[nodiscard]] Result<void> attach_exit();

    /// What has been counted so far.
    [[nodiscard]] Books& books() { return *books_; }

    [[nodiscard]] std::vector<AttachedProbe> attached() const;
    [[nodiscard]] std::vector<MapInfo> maps() const;

  private:
    struct SkeletonDeleter {
        void operator()(vfswatch_bpf* skeleton) const;
    };
    using Skeleton = std::unique_ptr<vfswatch_bpf, SkeletonDeleter>;

    Probes(Skeleton skeleton, AccountingMethod method);

    Skeleton skeleton_;
    AccountingMethod method_;
    std::unique_ptr<Books> books_;
};

}  // namespace vfswatchd
