// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/books.h"
#include "kernel/hook.h"
#include "kernel/kept_objects.h"
#include "kernel/map_info.h"
#include "kernel/program_set.h"
#include "kernel/rungs.h"
#include "kernel/snippet_ring.h"
#include "model/filter.h"
#include "model/probe.h"
#include "model/reads.h"

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

/// The BPF programs of this daemon in the kernel and the books that they keep. One set of programs
/// decides what is counted; another can follow it in the same books, without a read that is lost or
/// counted twice: the new programs run before the old ones leave, and a read belongs to the
/// decision that its start left in the books. Everything leaves the kernel when this is destroyed.
/// Thread: one at a time.
class Probes {
  public:
    /// Loads the programs over new books; nothing runs yet.
    /// Errors: what the kernel or libbpf refused, with libbpf's own first warning.
    [[nodiscard]] static Result<Probes> load(const Filter& filter, const TableSizes& sizes,
                                             ProbeMethods methods);

    /// The same over the books that another process kept: `saved` is what its save() wrote, `kept`
    /// what its objects() named. Its programs go on counting until let_earlier_go(). Not from or to
    /// accounting at the ends of reads, whose books are kept by another meter.
    /// Errors: something is missing or does not fit; what was taken out of `kept` leaves the
    /// kernel.
    [[nodiscard]] static Result<Probes> adopt(const Filter& filter, const TableSizes& sizes,
                                              ByteReader& saved, KeptObjects& kept);

    /// What has to stay open for counting to go on without this process. Another set after
    /// change_to().
    [[nodiscard]] ObjectsToKeep objects() const;
    void save(ByteWriter& out) const;
    /// Errors: names a probe that objects() leaves out, since it ends with this process (tracefs);
    /// snippets aside.
    [[nodiscard]] Result<void> check_all_can_be_kept() const;
    /// Can another set of programs, or another process, go on with the books?
    [[nodiscard]] bool can_be_followed() const;

    Probes(Probes&&) noexcept;
    Probes& operator=(Probes&&) = delete;
    ~Probes();

    /// From here on the reads of targets that ask for it are sampled, once they are counted. Before
    /// the others: of two fexit programs the one that came last runs first, and the last rung of
    /// the accounting ladder has to. But after attach_paths(): what is sensitive is known by its
    /// path. Errors: nothing is sampled.
    [[nodiscard]] Result<void> attach_snippets();
    void detach_snippets();

    /// From here on wanted reads are counted, and the children followed that are there already.
    [[nodiscard]] Result<void> attach_accounting();

    /// From here on renames of directories and changes of mounts show in the paths of files that
    /// were seen before. Errors: the rest works; what of it could be attached stays.
    [[nodiscard]] Result<void> attach_paths();

    /// From here on errors, ends of file and durations are counted. Errors: they are not, and
    /// nothing is sampled either.
    [[nodiscard]] Result<void> attach_exit();

    /// Loads programs that decide by another filter or by other methods, over the same books.
    /// Takes some time, and may run while others read what this knows.
    [[nodiscard]] Result<std::unique_ptr<ProgramSet>> prepare(const Filter& filter,
                                                              const TableSizes& sizes,
                                                              ProbeMethods methods) const;
    /// Counts on by these, without a gap. Snippets are to be attached anew. What decided before may
    /// run beside it until let_earlier_go().
    /// Errors: nothing has changed.
    [[nodiscard]] Result<void> change_to(std::unique_ptr<ProgramSet> next);

    /// What decides now.
    [[nodiscard]] const ProgramSet& programs() const { return *programs_; }

    /// Ends what decided before this set of programs, once nobody else keeps it attached: when this
    /// returns every read that begins is decided by this set.
    [[nodiscard]] Result<void> let_earlier_go();

    /// Whose bits are not free for other targets.
    [[nodiscard]] Result<HeldTargets> held_targets() const;

    /// As if a directory had been renamed: for when the probe at that was skipped.
    void forget_paths();

    /// Sampled reads; nullptr: no target has asked yet, or no end of a read is seen.
    [[nodiscard]] SnippetRing* snippets() { return snippet_ring_.get(); }

    /// What has been counted so far.
    [[nodiscard]] Books& books() { return *books_; }

    [[nodiscard]] ProbeMethods methods() const { return programs_->methods(); }
    [[nodiscard]] std::vector<AttachedProbe> attached() const;
    [[nodiscard]] std::vector<MapInfo> maps() const;

  private:
    Probes();
    [[nodiscard]] std::vector<std::string> book_programs() const;
    [[nodiscard]] Filter completed(Filter filter, std::uint32_t policy) const;
    [[nodiscard]] Result<void> open_books();
    [[nodiscard]] Result<void> open_snippet_ring();
    [[nodiscard]] Result<void> share_tables(vfswatch_bpf& skeleton) const;
    [[nodiscard]] static Result<void> adopt_tables(vfswatch_bpf& skeleton, KeptObjects& kept);
    [[nodiscard]] Result<void> adopt_hooks(ByteReader& saved, std::uint32_t policy,
                                           KeptObjects& kept);
    [[nodiscard]] static std::string prefix(ProbeRole role, std::uint32_t policy);
    [[nodiscard]] const Hooks& hooks_of(ProbeRole role) const;
    void note_filter();
    template <typename Leaves>
    [[nodiscard]] std::vector<AttachedProbe> rows_of_left(Leaves leaves) const;
    [[nodiscard]] Result<void> decide_alone();
    [[nodiscard]] Result<void> name_those_of_earlier_policies();
    void unload_set_of_tables();
    [[nodiscard]] Result<void> attach_path_rung(const PathRung& rung);
    [[nodiscard]] bool sees(const PathRung& rung) const;
    [[nodiscard]] bool sees_all_paths() const;
    [[nodiscard]] Result<void> survey_new_ancestors();

    KernelFeatures kernel_;
    std::uint64_t path_seed_ = 0;  ///< of the hashes that the books know paths by
    Skeleton tables_;              ///< whose mappings the books use
    std::unique_ptr<ProgramSet> programs_;
    Hooks paths_;
    std::unique_ptr<Books> books_;
    std::unique_ptr<SnippetRing> snippet_ring_;
    std::unique_ptr<ProgramSet> earlier_;  ///< until it is let go
    Hooks adopted_;                        ///< the same, of another process
    UniqueFd adopted_resolver_;            ///< what adopted programs call lives as long as this
    std::vector<AttachedProbe> left_;      ///< what stood there before, for its misses
};

}  // namespace vfswatchd
