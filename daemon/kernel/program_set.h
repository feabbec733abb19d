// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/hook.h"
#include "kernel/rungs.h"
#include "model/filter.h"
#include "model/probe.h"

struct vfswatch_bpf;

namespace vfswatchd {

using Skeleton = std::shared_ptr<vfswatch_bpf>;
using Hooks = std::vector<Hook>;

/// What this kernel has of what programs can stand on.
struct KernelFeatures {
    bool typed_cast = false;                  ///< bpf_rdonly_cast()
    bool fprobe_on_fgraph = false;            ///< then pairs of probes see every end
    std::vector<std::string> read_functions;  ///< those of kReadFunctions
    std::vector<PathRung> path_rungs;         ///< those of kPathRungs

    [[nodiscard]] static KernelFeatures look();
};

/// The programs that decide by one filter and by one pair of methods, with the tables that they
/// decide by; what they count is in the books, which sets share. Nothing runs before it is
/// attached, and nothing any more when this is destroyed.
/// Thread: one at a time.
class ProgramSet {
  public:
    /// An object to be loaded, with the settings in place: where its tables come from is open.
    /// Errors: libbpf's.
    [[nodiscard]] static Result<ProgramSet> open(const KernelFeatures& kernel, Filter filter,
                                                 const TableSizes& sizes, ProbeMethods methods);

    /// Loads these programs beside its own, and fills the tables of the filter.
    /// `earlier_processes`: as fill_tables() has it.
    /// Errors: what the kernel or libbpf refused, with libbpf's own first warning.
    [[nodiscard]] Result<void> load(std::vector<std::string> others, int earlier_processes);

    /// At the starts of reads and the ends of tasks; on the last rung at the ends of reads.
    [[nodiscard]] Result<void> attach_accounting();
    /// At the ends of reads, unless they account.
    [[nodiscard]] Result<void> attach_exit();
    /// Behind those at the ends of reads, of which a pair's entry is needed; but on the last rung
    /// of accounting before it: of two fexit programs the one that came last runs first.
    [[nodiscard]] Result<void> attach_snippets();
    void detach_snippets() { snippets_.clear(); }

    /// Notes the host's mount namespace, and has children followed that are there already, of these
    /// targets.
    [[nodiscard]] Result<void> survey(TargetMask targets);

    [[nodiscard]] const Skeleton& skeleton() const { return skeleton_; }
    [[nodiscard]] const Filter& filter() const { return filter_; }
    [[nodiscard]] const vfswatch_settings& settings() const { return filter_.settings; }
    [[nodiscard]] const TableSizes& sizes() const { return sizes_; }
    [[nodiscard]] ProbeMethods methods() const { return methods_; }
    [[nodiscard]] bool samples() const;
    [[nodiscard]] const Hooks& accounting() const { return accounting_; }
    [[nodiscard]] const Hooks& exit() const { return exit_; }
    [[nodiscard]] const Hooks& snippets() const { return snippets_; }

  private:
    ProgramSet(const KernelFeatures& kernel, Filter filter, const TableSizes& sizes,
               ProbeMethods methods, Skeleton skeleton);
    [[nodiscard]] std::vector<std::string> programs() const;
    [[nodiscard]] Result<void> load_programs(const std::vector<std::string>& programs);
    [[nodiscard]] Result<void> attach_ends(Hooks& hooks);

    std::vector<std::string> read_functions_;
    Filter filter_;
    TableSizes sizes_;
    ProbeMethods methods_;
    Skeleton skeleton_;
    Hooks accounting_;
    Hooks exit_;
    Hooks snippets_;
};

/// Attaches a program of the skeleton to a kernel function.
[[nodiscard]] Result<void> add_hook(Hook::Kind kind, vfswatch_bpf& skeleton,
                                    const std::string& program, std::string_view function,
                                    Hooks& hooks);

}  // namespace vfswatchd
