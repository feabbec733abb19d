// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/tracefs_probe.h"

struct bpf_link;
struct bpf_program;

namespace vfswatchd {

/// A program that runs at a kernel function; no longer when this is destroyed.
class Hook {
  public:
    /// How a program comes to its function.
    enum class Kind {
        kSection,      ///< as its section says: LSM, fentry, fexit
        kMultiEntry,   ///< kprobe.multi
        kMultiReturn,  ///< kretprobe.multi
        kTracefsEntry,
        kTracefsReturn,
    };

    /// `program` is loaded and outlives the hook.
    /// Errors: what the kernel or libbpf refused, with the program's section or function.
    [[nodiscard]] static Result<Hook> attach(Kind kind, bpf_program* program,
                                             std::string_view function);

    /// One that another process attached, by its descriptors. Not of the tracefs kinds.
    [[nodiscard]] static Hook adopt(Kind kind, std::string_view function, UniqueFd program,
                                    UniqueFd link);

    [[nodiscard]] const std::string& function() const { return function_; }
    [[nodiscard]] Kind kind() const { return kind_; }
    /// Its program stays attached as long as anybody has the link's descriptor.
    [[nodiscard]] bool can_be_kept() const { return !probe_; }
    [[nodiscard]] int program_fd() const { return program_fd_.get(); }
    [[nodiscard]] int link_fd() const;

    /// Runs that the kernel skipped.
    /// Source: bpf_prog_info.recursion_misses, bpf_link_info.kprobe_multi.missed (6.7),
    /// kprobe_profile.
    [[nodiscard]] std::uint64_t missed() const;

  private:
    struct LinkDeleter {
        void operator()(bpf_link* link) const;
    };
    using Link = std::unique_ptr<bpf_link, LinkDeleter>;

    Hook(Kind kind, std::string_view function, UniqueFd program)
        : kind_(kind), function_(function), program_fd_(std::move(program)) {}
    [[nodiscard]] Result<void> attach_link(bpf_program* program);
    [[nodiscard]] Result<void> attach_to_tracefs(bpf_program* program);
    [[nodiscard]] bpf_link* attach_multi(bpf_program* program) const;
    [[nodiscard]] std::uint64_t missed_by_link() const;

    Kind kind_;
    std::string function_;
    UniqueFd program_fd_;
    std::optional<TracefsProbe> probe_;  ///< outlives the link
    Link link_;
    UniqueFd adopted_link_;
    mutable std::uint64_t missed_ = 0;  ///< as last seen: a counter that cannot be read stays
};

}  // namespace vfswatchd
