// SPDX-License-Identifier: Apache-2.0
#include "kernel/probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>

#include "kernel/filter_tables.h"
#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

/// Read the books and keep them.
constexpr std::array<const char*, 4> kBookPrograms = {"dump_residues", "list_holders",
                                                      "free_drained_sums", "forget_places"};

/// Nobody can know it, so nobody can make two paths of one hash.
std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    // Before the kernel has enough randomness it waits; it fails only without memory.
    while (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
    }
    return seed;
}

/// Of a function that changes paths, the one at its end first: an entry without an end would leave
/// a stale note.
std::vector<std::string> programs_at(const PathRung& rung, bool multi) {
    std::vector<std::string> programs;
    for (const std::string_view program :
         {multi ? rung.leave_multi : rung.leave, multi ? rung.enter_multi : rung.enter})
        if (!program.empty()) programs.emplace_back(program);
    return programs;
}

std::string_view method_of(const PathRung& rung, bool multi) {
    if (multi) return method_name(AccountingMethod::kKprobeMulti);
    return rung.leave.empty() ? method_name(AccountingMethod::kFentry)
                              : method_name(ExitMethod::kFexit);
}

/// A function has one row for each role; its misses go on where one method follows another.
void add_row(ProbeRole role, std::string_view method, const Hook& hook,
             std::vector<AttachedProbe>& rows) {
    auto row = std::find_if(rows.begin(), rows.end(), [&](const AttachedProbe& known) {
        return known.role == role && known.function == hook.function();
    });
    if (row == rows.end()) row = rows.insert(rows.end(), {role, hook.function(), method, 0, true});
    row->method = method;
    row->attached = true;
    row->missed += hook.missed();
}

__u64& word_of(vfswatch_bpf& skeleton, std::uint32_t tgid) {
    return skeleton.bss->named_tgids[tgid / 64];
}

__u64 bit_of(std::uint32_t tgid) {
    return __u64{1} << (tgid % 64);
}

}  // namespace

const char* role_name(ProbeRole role) {
    switch (role) {
        case ProbeRole::kAccounting:
            return "accounting";
        case ProbeRole::kExit:
            return "exit";
        case ProbeRole::kPaths:
            return "paths";
        case ProbeRole::kSnippets:
            break;
    }
    return "snippets";
}

Probes::Probes() : kernel_(KernelFeatures::look()) {}
Probes::Probes(Probes&&) noexcept = default;
Probes::~Probes() = default;

Result<Probes> Probes::load(const Filter& filter, const TableSizes& sizes, ProbeMethods methods) {
    Probes probes;
    probes.path_seed_ = random_seed();
    constexpr std::uint32_t kFirstPolicy = 1;
    auto set =
        ProgramSet::open(probes.kernel_, probes.completed(filter, kFirstPolicy), sizes, methods);
    if (!set) return fail(set.error());
    set->skeleton()->bss->policies = kFirstPolicy;
    if (auto done = set->load(probes.book_programs(), -1); !done) return fail(done.error());
    if (auto done = fill_free_sums(*set->skeleton(), sizes.max_files); !done)
        return fail(done.error());
    probes.programs_ = std::make_unique<ProgramSet>(std::move(*set));
    probes.note_filter();
    if (auto done = probes.open_books(); !done) return fail(done.error());
    return probes;
}

std::vector<std::string> Probes::book_programs() const {
    std::vector<std::string> names(kBookPrograms.begin(), kBookPrograms.end());
    for (const PathRung& rung : kernel_.path_rungs)
        for (const std::string& program : programs_at(rung, kernel_.fprobe_on_fgraph))
            names.push_back(program);
    return names;
}

Filter Probes::completed(Filter filter, std::uint32_t policy) const {
    filter.settings.path_seed = path_seed_;
    filter.settings.policy = policy;
    return filter;
}

Result<void> Probes::open_books() {
    tables_ = programs_->skeleton();
    auto books = Books::open(*tables_);
    if (!books) return fail(books.error());
    books_ = std::move(*books);
    return open_snippet_ring();
}

Result<void> Probes::open_snippet_ring() {
    if (snippet_ring_ || !programs_->samples()) return {};
    auto ring = SnippetRing::open(*programs_->skeleton());
    if (!ring) return fail(ring.error());
    snippet_ring_ = std::move(*ring);
    return {};
}

/// Before the programs of the filter are attached: those of another are not disturbed by it.
void Probes::note_filter() {
    const Filter& filter = programs_->filter();
    vfswatch_bpf& skeleton = *programs_->skeleton();
    for (const ProcessRow& row : filter.processes)
        std::atomic_ref(word_of(skeleton, row.tgid)).fetch_or(bit_of(row.tgid));
    skeleton.bss->inheritable_targets |= filter.settings.follow_targets;
}

/// The rows of what has left and of what leaves now.
template <typename Leaves>
std::vector<AttachedProbe> Probes::rows_of_left(Leaves leaves) const {
    std::vector<AttachedProbe> rows = attached();
    std::erase_if(rows,
                  [&](const AttachedProbe& row) { return row.attached && !leaves(row.role); });
    for (AttachedProbe& row : rows)
        row.attached = false;
    return rows;
}

Result<void> Probes::attach_snippets() {
    if (programs_->samples() && !sees_all_paths())
        return fail(plain_error("changes of paths are not seen"));
    return programs_->attach_snippets();
}

void Probes::detach_snippets() {
    if (programs_->snippets().empty()) return;
    left_ = rows_of_left([](ProbeRole role) { return role == ProbeRole::kSnippets; });
    programs_->detach_snippets();
}

Result<void> Probes::attach_accounting() {
    // It finds the host's mount namespace, which the first path needs.
    if (auto done = programs_->survey(0); !done) return done;
    if (auto done = programs_->attach_accounting(); !done) return done;
    // Behind the hooks: a child that is made meanwhile is followed by one or the other.
    return survey_new_ancestors();
}

/// Finds the children of those that were not followed before.
Result<void> Probes::survey_new_ancestors() {
    return programs_->survey(programs_->settings().follow_targets &
                             ~tables_->bss->followed_targets);
}

Result<void> Probes::attach_exit() {
    return programs_->attach_exit();
}

Result<void> Probes::attach_paths() {
    Result<void> outcome;
    for (const PathRung& rung : kernel_.path_rungs) {
        // Adopted ones stand already.
        if (sees(rung)) continue;
        if (auto done = attach_path_rung(rung); !done && outcome) outcome = done;
        // What changed before is not known.
        forget_paths();
    }
    if (!outcome || sees_all_paths()) return outcome;
    return fail(plain_error("this kernel does not show all functions that change paths"));
}

bool Probes::sees_all_paths() const {
    return std::all_of(kPathRungs.begin(), kPathRungs.end(),
                       [this](const PathRung& rung) { return sees(rung); });
}

bool Probes::sees(const PathRung& rung) const {
    return std::any_of(paths_.begin(), paths_.end(),
                       [&](const Hook& hook) { return hook.function() == rung.function; });
}

Result<void> Probes::attach_path_rung(const PathRung& rung) {
    const bool multi = kernel_.fprobe_on_fgraph;
    for (const std::string& program : programs_at(rung, multi)) {
        const bool at_end = program == rung.leave_multi;
        const Hook::Kind kind = at_end ? Hook::Kind::kMultiReturn : Hook::Kind::kMultiEntry;
        if (auto done = add_hook(multi ? kind : Hook::Kind::kSection, *tables_, program,
                                 rung.function, paths_);
            !done)
            return done;
    }
    return {};
}

void Probes::forget_paths() {
    // The programs raise it too.
    std::atomic_ref(tables_->bss->path_version).fetch_add(1);
}

bool Probes::can_be_followed() const {
    return methods().accounting != AccountingMethod::kExit;
}

Result<void> Probes::share_tables(vfswatch_bpf& skeleton) const {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton.obj) {
        const TableOwner owner = table_owner(map_name(map));
        if (owner == TableOwner::kSet || (owner == TableOwner::kSampling && !snippet_ring_))
            continue;
        const bpf_map* shared =
            bpf_object__find_map_by_name(programs_->skeleton()->obj, bpf_map__name(map));
        if (const int result = bpf_map__reuse_fd(map, bpf_map__fd(shared)); result != 0)
            return fail(
                negative_errno_error(result, std::string("share map ") + bpf_map__name(map)));
    }
    return {};
}

Result<std::unique_ptr<ProgramSet>> Probes::prepare(const Filter& filter, const TableSizes& sizes,
                                                    ProbeMethods methods) const {
    assert(methods.accounting != AccountingMethod::kExit && can_be_followed());
    const std::uint32_t policy = ++tables_->bss->policies;
    auto set = ProgramSet::open(kernel_, completed(filter, policy), sizes, methods);
    if (!set) return fail(set.error());
    if (auto done = share_tables(*set->skeleton()); !done) return fail(done.error());
    const int processes = bpf_map__fd(programs_->skeleton()->maps.processes);
    if (auto done = set->load({}, processes); !done) return fail(done.error());
    return std::make_unique<ProgramSet>(std::move(*set));
}

Result<void> Probes::change_to(std::unique_ptr<ProgramSet> next) {
    std::vector<AttachedProbe> left =
        rows_of_left([](ProbeRole role) { return role != ProbeRole::kPaths; });
    std::swap(programs_, next);
    note_filter();
    Result<void> done = attach_accounting();
    if (done) done = attach_exit();
    if (done) done = open_snippet_ring();
    if (!done) {
        std::swap(programs_, next);
        next.reset();
        // It may have decided about some.
        (void)decide_alone();
        return done;
    }
    left_ = std::move(left);
    earlier_ = std::move(next);
    return {};
}

Result<void> Probes::let_earlier_go() {
    earlier_.reset();
    adopted_.clear();
    adopted_resolver_.reset();
    if (programs_->skeleton() != tables_) unload_set_of_tables();
    return decide_alone();
}

/// Once no other set is attached.
Result<void> Probes::decide_alone() {
    if (auto done = books_->sums().wait_for_programs(); !done) return done;
    // A child that was made meanwhile may have got only what the other set follows.
    if (auto done = survey_new_ancestors(); !done) return done;
    tables_->bss->followed_targets = programs_->settings().follow_targets;
    tables_->bss->inheritable_targets = programs_->settings().follow_targets;
    return name_those_of_earlier_policies();
}

/// The set whose mappings the books use goes on without its programs but for those of the books and
/// of paths. Its tables stay.
void Probes::unload_set_of_tables() {
    const std::vector<std::string> stay = book_programs();
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, tables_->obj) {
        if (std::find(stay.begin(), stay.end(), bpf_program__name(program)) == stay.end())
            bpf_program__unload(program);
    }
}

/// Where most processes are passed over by their number, those that an earlier policy decided about
/// are not: their next read turns them to this one.
Result<void> Probes::name_those_of_earlier_policies() {
    const auto holders = books_->holders();
    if (!holders) return fail(holders.error());
    std::vector<__u64> words(VFSWATCH_TGID_LIMIT / 64);
    const auto name = [&](std::uint32_t tgid) {
        words[tgid % VFSWATCH_TGID_LIMIT / 64] |= bit_of(tgid);
    };
    for (const ProcessRow& row : programs_->filter().processes)
        name(row.tgid);
    for (const vfswatch_holder& holder : *holders)
        if (holder.charges != 0 && holder.decided_by != programs_->settings().policy)
            name(holder.tgid);
    for (std::uint32_t i = 0; i < words.size(); i++)
        std::atomic_ref(word_of(*tables_, i * 64)).store(words[i]);
    return {};
}

Result<HeldTargets> Probes::held_targets() const {
    HeldTargets held;
    held.by_reads = books_->sums().targets();
    // A look at a table that changes may pass over an entry; two hardly pass over the same.
    for (int look = 0; look < 2; look++) {
        const auto holders = books_->holders();
        if (!holders) return fail(holders.error());
        for (const vfswatch_holder& holder : *holders) {
            held.by_reads |= holder.targets;
            held.by_inheritance |= holder.inherited_targets;
        }
    }
    return held;
}

std::vector<AttachedProbe> Probes::attached() const {
    std::vector<AttachedProbe> rows = left_;
    const ProbeMethods methods = programs_->methods();
    const bool at_exit = methods.accounting == AccountingMethod::kExit;
    for (const Hook& hook : programs_->accounting())
        add_row(ProbeRole::kAccounting,
                at_exit ? method_name(methods.exit) : method_name(methods.accounting), hook, rows);
    for (const Hook& hook : programs_->exit())
        add_row(ProbeRole::kExit, method_name(methods.exit), hook, rows);
    for (const Hook& hook : programs_->snippets())
        add_row(ProbeRole::kSnippets, method_name(methods.exit), hook, rows);
    for (const Hook& hook : paths_)
        for (const PathRung& rung : kernel_.path_rungs)
            if (rung.function == hook.function())
                add_row(ProbeRole::kPaths, method_of(rung, kernel_.fprobe_on_fgraph), hook, rows);
    return rows;
}

std::vector<MapInfo> Probes::maps() const {
    return read_map_info(*programs_->skeleton());
}

}  // namespace vfswatchd
