// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

struct btf;

namespace vfswatchd {

/// What the running kernel's type information tells.
/// Source: /sys/kernel/btf/vmlinux.
class KernelTypes {
  public:
    /// Without type information nothing is found.
    [[nodiscard]] static KernelTypes load();

    /// A function that a program can be attached to, or a kfunc.
    [[nodiscard]] bool has_function(const std::string& name) const;

    /// `task_pt_regs` of bpf_task_pt_regs().
    [[nodiscard]] bool has_helper(const std::string& name) const;

  private:
    struct Deleter {
        void operator()(btf* types) const;
    };

    std::unique_ptr<btf, Deleter> types_;
};

}  // namespace vfswatchd
