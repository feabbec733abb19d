// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/books.h"
#include "kernel/hook.h"
#include "kernel/kept_objects.h"
#include "kernel/map_info.h"
#include "kernel/rungs.h"
#include "kernel/snippet_ring.h"
#include "model/filter.h"
#include "model/probe.h"
#include "model/reads.h"

struct vfswatch_bpf;

namespace vfswatchd {

/// kPaths: what changes the paths of many files at once.
enum class ProbeRole { kAccounting, kExit, kPaths, kSnippets };

[[nodiscard]] const char* role_name(ProbeRole role);

/// An attached probe, as vfswatch_probe_attached and vfswatch_probe_missed_total show it: one or
/// two hooks at a function.
struct AttachedProbe {
    ProbeRole role;
    std::string function;  ///< the kernel function that it stands on
    std::string_view method;
    std::uint64_t missed;  ///< runs that the kernel skipped, also of a method that was left
    bool attached = true;  ///< false: of a method that was left
};

/// The BPF programs of this daemon in the kernel, with their maps. Everything leaves the kernel
/// when it is destroyed.
/// Thread: one at a time.
class Probes {
  public:
    /// Loads the programs and fills the filter's tables; nothing runs yet.
    /// Errors: what the kernel or libbpf refused, with libbpf's own first warning.
    [[nodiscard]] static Result<Probes> load(const Filter& filter, const TableSizes& sizes,
                                             ProbeMethods methods);

    /// Goes on with what another process loaded and attached: `saved` is what its save() wrote,
    /// `kept` what its objects() named. Nothing is counted twice and nothing missed. Programs of
    /// another build than this one are replaced. Snippets are to be attached anew, and so are the
    /// ends of reads where their method cannot be kept.
    /// Errors: something is missing or does not fit; what was taken out of `kept` leaves the
    /// kernel.
    [[nodiscard]] static Result<Probes> adopt(const Filter& filter, const TableSizes& sizes,
                                              ByteReader& saved, KeptObjects& kept);

    /// What has to stay open for counting to go on without this process. Another set after
    /// move_to().
    [[nodiscard]] ObjectsToKeep objects() const;
    void save(ByteWriter& out) const;

    Probes(Probes&&) noexcept;
    Probes& operator=(Probes&&) = delete;
    ~Probes();

    /// From here on the reads of targets that ask for it are sampled, once they are counted. Before
    /// the others: of two fexit programs the one that came last runs first, and the last rung of
    /// the accounting ladder has to.
    [[nodiscard]] Result<void> attach_snippets();

    /// From here on wanted reads are counted, and the children followed that are there already.
    [[nodiscard]] Result<void> attach_accounting();

    /// From here on renames of directories and changes of mounts show in the paths of files that
    /// were seen before. Errors: the rest works; what of it could be attached stays.
    [[nodiscard]] Result<void> attach_paths();

    /// From here on errors, ends of file and durations are counted. Errors: they are not, and
    /// nothing is sampled either.
    [[nodiscard]] Result<void> attach_exit();

    /// Counts on by other methods, in the same tables, without a gap: the new programs run before
    /// the old ones leave, and a read that both see counts once. Not from or to accounting at the
    /// ends of reads, whose books are kept by another meter.
    /// Errors: nothing has changed.
    [[nodiscard]] Result<void> move_to(ProbeMethods methods);

    /// As if a directory had been renamed: for when the probe at that was skipped.
    void forget_paths();

    /// Sampled reads; nullptr: no target asks, or no end of a read is seen.
    [[nodiscard]] SnippetRing* snippets() { return snippet_ring_.get(); }

    /// What has been counted so far.
    [[nodiscard]] Books& books() { return *books_; }

    [[nodiscard]] ProbeMethods methods() const { return methods_; }
    [[nodiscard]] std::vector<AttachedProbe> attached() const;
    [[nodiscard]] std::vector<MapInfo> maps() const;

  private:
    struct SkeletonDeleter {
        void operator()(vfswatch_bpf* skeleton) const;
    };
    using Skeleton = std::unique_ptr<vfswatch_bpf, SkeletonDeleter>;
    using Hooks = std::vector<Hook>;

    Probes(const Filter& filter, const TableSizes& sizes, ProbeMethods methods);
    [[nodiscard]] Result<Skeleton> open_programs() const;
    [[nodiscard]] static Result<void> load_into_kernel(vfswatch_bpf& skeleton,
                                                       const std::vector<std::string>& programs);
    [[nodiscard]] Result<Skeleton> load_programs(ProbeMethods methods) const;
    [[nodiscard]] Result<void> share_tables(vfswatch_bpf& skeleton) const;
    [[nodiscard]] std::vector<std::string> programs_of(ProbeMethods methods) const;
    [[nodiscard]] Result<Hooks> accounting_hooks(vfswatch_bpf& skeleton,
                                                 ProbeMethods methods) const;
    [[nodiscard]] Result<Hooks> exit_hooks(vfswatch_bpf& skeleton, ExitMethod method) const;
    [[nodiscard]] Result<void> open_tables();
    [[nodiscard]] Result<void> adopt_tables(KeptObjects& kept);
    [[nodiscard]] Result<void> adopt_hooks(ByteReader& saved, KeptObjects& kept);
    [[nodiscard]] std::string prefix(ProbeRole role) const;
    [[nodiscard]] Hooks& hooks_of(ProbeRole role);
    [[nodiscard]] const Hooks& hooks_of(ProbeRole role) const;
    [[nodiscard]] std::vector<std::string> programs_beside_adopted() const;
    void add_exit_programs(ExitMethod method, std::vector<std::string>& names) const;
    [[nodiscard]] Result<Hooks> snippet_hooks(vfswatch_bpf& skeleton, ExitMethod method) const;
    [[nodiscard]] bool needs_survey() const;
    [[nodiscard]] Result<void> survey_tasks();
    [[nodiscard]] Result<void> attach_path_rung(const PathRung& rung);
    [[nodiscard]] bool sees_all_paths() const;
    [[nodiscard]] vfswatch_bpf& programs() const { return moved_to_ ? *moved_to_ : *tables_; }

    vfswatch_settings settings_;
    TableSizes sizes_;
    ProbeMethods methods_;
    bool typed_cast_ = false;                  ///< the kernel has bpf_rdonly_cast()
    bool paths_by_multi_ = false;              ///< fprobe stands on fgraph
    std::vector<std::string> read_functions_;  ///< those of kReadFunctions that it has
    std::vector<PathRung> path_rungs_;         ///< those of kPathRungs whose function it has
    Skeleton tables_;    ///< owns the maps, and the programs until the first move
    Skeleton moved_to_;  ///< programs on the same maps
    Hooks accounting_;
    Hooks exit_;
    Hooks paths_;
    Hooks snippets_;
    std::uint64_t fingerprint_ = 0;  ///< of the programs of this build
    std::uint32_t moves_ = 0;        ///< tells one set of programs from the next
    UniqueFd adopted_resolver_;      ///< what adopted programs call lives as long as this
    std::unique_ptr<Books> books_;
    std::unique_ptr<SnippetRing> snippet_ring_;
    std::vector<AttachedProbe> left_;  ///< what stood there before a move, for its misses
};

}  // namespace vfswatchd
