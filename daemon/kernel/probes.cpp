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
#include <iterator>

#include "kernel/filter_tables.h"
#include "kernel/kernel_types.h"
#include "kernel/libbpf_log.h"
#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

// What each set of programs has for itself: settings, texts, and a table that takes the programs
// of one kind only.
constexpr std::array<std::string_view, 2> kOwnMaps = {".rodata", "resolver"};

/// Read the books and keep them.
constexpr std::array<const char*, 3> kBookPrograms = {"dump_residues", "free_drained_sums",
                                                      "forget_places"};

constexpr const char* kSurveyProgram = "survey_tasks";

/// A child whose parent has a higher number is found at the next pass.
constexpr int kMostPasses = 64;

/// Nobody can know it, so nobody can make two paths of one hash.
std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    // Before the kernel has enough randomness it waits; it fails only without memory.
    while (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
    }
    return seed;
}

bool is_own_map(const bpf_map* map) {
    const std::string_view name = bpf_map__name(map);
    return std::any_of(kOwnMaps.begin(), kOwnMaps.end(),
                       [&](std::string_view own) { return name.ends_with(own); });
}

bpf_program* find_program(vfswatch_bpf& skeleton, const std::string& name) {
    return bpf_object__find_program_by_name(skeleton.obj, name.c_str());
}

/// The kinds of a rung's hooks, at the start and at the end of its function.
std::pair<Hook::Kind, Hook::Kind> hook_kinds(ExitMethod method) {
    switch (method) {
        case ExitMethod::kKprobeMulti:
            return {Hook::Kind::kMultiEntry, Hook::Kind::kMultiReturn};
        case ExitMethod::kKprobe:
            return {Hook::Kind::kTracefsEntry, Hook::Kind::kTracefsReturn};
        case ExitMethod::kFexit:
        case ExitMethod::kOff:
            break;
    }
    return {Hook::Kind::kSection, Hook::Kind::kSection};
}

Hook::Kind hook_kind(AccountingMethod method) {
    return method == AccountingMethod::kKprobeMulti ? Hook::Kind::kMultiEntry
                                                    : Hook::Kind::kSection;
}

/// The rung whose end_task is used: where the exit accounts, the one of the same kind.
const AccountingRung& end_task_rung(ProbeMethods methods) {
    AccountingMethod method = methods.accounting;
    if (method == AccountingMethod::kExit)
        method = methods.exit == ExitMethod::kKprobeMulti ? AccountingMethod::kKprobeMulti
                                                          : AccountingMethod::kFentry;
    for (const AccountingRung& rung : kAccountingLadder)
        if (rung.method == method) return rung;
    return kAccountingLadder.front();
}

Result<void> set_resolver(vfswatch_bpf& skeleton, const char* name) {
    const std::uint32_t slot = 0;
    const int program = bpf_program__fd(find_program(skeleton, name));
    const int map = bpf_map__fd(skeleton.maps.resolver);
    if (bpf_map_update_elem(map, &slot, &program, BPF_ANY) == 0) return {};
    return fail(errno_error(errno, "set the program that resolves names"));
}

Result<void> add_hook(Hook::Kind kind, vfswatch_bpf& skeleton, const std::string& program,
                      std::string_view function, std::vector<Hook>& hooks) {
    auto hook = Hook::attach(kind, find_program(skeleton, program), function);
    if (!hook) return fail(hook.error());
    hooks.push_back(std::move(*hook));
    return {};
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

void Probes::SkeletonDeleter::operator()(vfswatch_bpf* skeleton) const {
    vfswatch_bpf__destroy(skeleton);
}

Probes::Probes(const Filter& filter, const TableSizes& sizes, ProbeMethods methods)
    : settings_(filter.settings), sizes_(sizes), methods_(methods) {
    const KernelTypes kernel = KernelTypes::load();
    typed_cast_ = kernel.has_function("bpf_rdonly_cast");
    for (const std::string_view function : kReadFunctions)
        if (function == kReadFunctions.front() || kernel.has_function(std::string(function)))
            read_functions_.emplace_back(function);
    paths_by_multi_ = kernel.has_function("fprobe_fgraph_entry");
    for (const PathRung& rung : kPathRungs)
        if (kernel.has_function(std::string(rung.function))) path_rungs_.push_back(rung);
    settings_.path_seed = random_seed();
    settings_.max_files = sizes.max_files;
    settings_.account_at_exit = methods.accounting == AccountingMethod::kExit ? 1 : 0;
    settings_.paths_hidden = methods.paths ? 0 : 1;
    // There a read's start is not seen, so neither how long it takes.
    if (methods.accounting == AccountingMethod::kExit && methods.exit == ExitMethod::kFexit)
        settings_.latency_targets = 0;
}
Probes::Probes(Probes&&) noexcept = default;
Probes::~Probes() = default;

Result<Probes> Probes::load(const Filter& filter, const TableSizes& sizes, ProbeMethods methods) {
    Probes probes(filter, sizes, methods);
    auto programs = probes.load_programs(methods);
    if (!programs) return fail(programs.error());
    probes.tables_ = std::move(*programs);
    probes.fingerprint_ = fingerprint_of(*probes.tables_);
    if (auto done = fill_tables(*probes.tables_, filter, sizes); !done) return fail(done.error());
    if (auto done = probes.open_tables(); !done) return fail(done.error());
    return probes;
}

Result<void> Probes::open_tables() {
    auto books = Books::open(*tables_);
    if (!books) return fail(books.error());
    books_ = std::move(*books);
    if (settings_.snippet_targets == 0 || methods_.exit == ExitMethod::kOff) return {};
    auto ring = SnippetRing::open(*tables_);
    if (!ring) return fail(ring.error());
    snippet_ring_ = std::move(*ring);
    return {};
}

Result<Probes::Skeleton> Probes::open_programs() const {
    Skeleton skeleton(open_skeleton(typed_cast_));
    if (!skeleton) return fail(errno_error(errno, "open the BPF object"));
    skeleton->rodata->settings = settings_;
    size_tables(*skeleton, sizes_);
    return skeleton;
}

Result<void> Probes::load_into_kernel(vfswatch_bpf& skeleton,
                                      const std::vector<std::string>& programs) {
    const LibbpfLog log;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) {
        bpf_program__set_autoload(program, false);
    }
    for (const std::string& name : programs)
        bpf_program__set_autoload(find_program(skeleton, name), true);
    const int result = vfswatch_bpf__load(&skeleton);
    if (result == 0) return {};
    return fail(negative_errno_error(result, "load the BPF programs: " + log.first_warning()));
}

Result<Probes::Skeleton> Probes::load_programs(ProbeMethods methods) const {
    auto skeleton = open_programs();
    if (!skeleton) return skeleton;
    if (tables_)
        if (auto done = share_tables(**skeleton); !done) return fail(done.error());
    if (auto done = load_into_kernel(**skeleton, programs_of(methods)); !done)
        return fail(done.error());
    const AccountingRung* rung = accounting_rung(methods.accounting);
    if (rung != nullptr && methods.paths)
        if (auto done = set_resolver(**skeleton, rung->resolve); !done) return fail(done.error());
    return skeleton;
}

Result<void> Probes::share_tables(vfswatch_bpf& skeleton) const {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton.obj) {
        if (is_own_map(map)) continue;
        const bpf_map* shared = bpf_object__find_map_by_name(tables_->obj, bpf_map__name(map));
        if (const int result = bpf_map__reuse_fd(map, bpf_map__fd(shared)); result != 0)
            return fail(
                negative_errno_error(result, std::string("share map ") + bpf_map__name(map)));
    }
    return {};
}

std::vector<std::string> Probes::programs_of(ProbeMethods methods) const {
    std::vector<std::string> names;
    if (!tables_) {
        names.assign(kBookPrograms.begin(), kBookPrograms.end());
        if (needs_survey()) names.emplace_back(kSurveyProgram);
        for (const PathRung& rung : path_rungs_)
            for (const std::string& program : programs_at(rung, paths_by_multi_))
                names.push_back(program);
    }
    names.emplace_back(end_task_rung(methods).end_task);
    if (settings_.follow_targets != 0) names.emplace_back(end_task_rung(methods).follow_child);
    if (const AccountingRung* rung = accounting_rung(methods.accounting)) {
        names.emplace_back(rung->account);
        if (rung->settle_task != nullptr) names.emplace_back(rung->settle_task);
        // It alone reads kernel memory that has no type, which a locked down kernel forbids.
        if (methods.paths) names.emplace_back(rung->resolve);
    }
    add_exit_programs(methods.exit, names);
    if (settings_.snippet_targets != 0 && methods.exit != ExitMethod::kOff)
        names.emplace_back(exit_rung(methods.exit)->snippet);
    return names;
}

void Probes::add_exit_programs(ExitMethod method, std::vector<std::string>& names) const {
    const ExitRung* rung = exit_rung(method);
    if (rung == nullptr) return;
    for (const std::string& function : read_functions_) {
        if (!rung->enter.empty()) names.push_back(std::string(rung->enter) + function);
        names.push_back(std::string(rung->leave) + function);
    }
}

std::vector<std::string> Probes::programs_beside_adopted() const {
    std::vector<std::string> names(kBookPrograms.begin(), kBookPrograms.end());
    // Probes of tracefs end with their process.
    if (methods_.exit == ExitMethod::kKprobe) add_exit_programs(methods_.exit, names);
    if (settings_.snippet_targets != 0 && methods_.exit != ExitMethod::kOff)
        names.emplace_back(exit_rung(methods_.exit)->snippet);
    return names;
}

Result<Probes::Hooks> Probes::accounting_hooks(vfswatch_bpf& skeleton, ProbeMethods methods) const {
    Hooks hooks;
    const AccountingRung& end = end_task_rung(methods);
    // The end of tasks first: a run without an end would outlive its task.
    if (auto done =
            add_hook(hook_kind(end.method), skeleton, end.end_task, end.end_task_function, hooks);
        !done)
        return fail(done.error());
    if (settings_.follow_targets != 0)
        if (auto done = add_hook(hook_kind(end.method), skeleton, end.follow_child,
                                 end.follow_child_function, hooks);
            !done)
            return fail(done.error());
    const AccountingRung* rung = accounting_rung(methods.accounting);
    if (rung == nullptr) {
        auto ends = exit_hooks(skeleton, methods.exit);
        if (!ends) return ends;
        std::move(ends->begin(), ends->end(), std::back_inserter(hooks));
        return hooks;
    }
    if (rung->settle_task != nullptr)
        if (auto done = add_hook(hook_kind(rung->method), skeleton, rung->settle_task,
                                 kSettleTaskFunction, hooks);
            !done)
            return fail(done.error());
    if (auto done = add_hook(hook_kind(rung->method), skeleton, rung->account,
                             rung->account_function, hooks);
        !done)
        return fail(done.error());
    return hooks;
}

Result<Probes::Hooks> Probes::exit_hooks(vfswatch_bpf& skeleton, ExitMethod method) const {
    Hooks hooks;
    const ExitRung* rung = exit_rung(method);
    if (rung == nullptr) return hooks;
    const auto [entry, exit] = hook_kinds(method);
    for (const std::string& function : read_functions_) {
        // The end first: an entry without an end would leave a stale note.
        if (auto done =
                add_hook(exit, skeleton, std::string(rung->leave) + function, function, hooks);
            !done)
            return fail(done.error());
        if (rung->enter.empty()) continue;
        if (auto done =
                add_hook(entry, skeleton, std::string(rung->enter) + function, function, hooks);
            !done)
            return fail(done.error());
    }
    return hooks;
}

Result<Probes::Hooks> Probes::snippet_hooks(vfswatch_bpf& skeleton, ExitMethod method) const {
    Hooks hooks;
    const ExitRung* rung = exit_rung(method);
    if (rung == nullptr || settings_.snippet_targets == 0) return hooks;
    // The entry of a pair is the one that observes.
    if (auto done = add_hook(hook_kinds(method).second, skeleton, std::string(rung->snippet),
                             kSnippetFunction, hooks);
        !done)
        return fail(done.error());
    return hooks;
}

Result<void> Probes::attach_snippets() {
    auto hooks = snippet_hooks(programs(), methods_.exit);
    if (!hooks) return fail(hooks.error());
    snippets_ = std::move(*hooks);
    return {};
}

Result<void> Probes::attach_accounting() {
    // It finds the host's mount namespace, which the first path needs.
    if (needs_survey())
        if (auto done = survey_tasks(); !done) return done;
    auto hooks = accounting_hooks(programs(), methods_);
    if (!hooks) return fail(hooks.error());
    accounting_ = std::move(*hooks);
    if (settings_.follow_targets == 0) return {};
    // Behind the hooks: a child that is made meanwhile is followed by one or the other.
    tables_->bss->following = 1;
    return survey_tasks();
}

bool Probes::needs_survey() const {
    return settings_.host_paths != 0 || settings_.follow_targets != 0;
}

Result<void> Probes::survey_tasks() {
    const auto survey = Iterator::open(tables_->progs.survey_tasks);
    if (!survey) return fail(survey.error());
    const volatile __u64& adopted = tables_->bss->children_adopted;
    for (int pass = 0; pass < kMostPasses; pass++) {
        const std::uint64_t before = adopted;
        if (auto done = survey->run(); !done) return done;
        if (adopted == before) break;
    }
    return {};
}

Result<void> Probes::attach_paths() {
    Result<void> outcome;
    // Adopted ones stand already.
    if (paths_.empty()) {
        for (const PathRung& rung : path_rungs_)
            if (auto done = attach_path_rung(rung); !done && outcome) outcome = done;
        // What changed before is not known.
        forget_paths();
    }
    if (!outcome || sees_all_paths()) return outcome;
    return fail(plain_error("this kernel does not show all functions that change paths"));
}

bool Probes::sees_all_paths() const {
    return std::all_of(kPathRungs.begin(), kPathRungs.end(), [this](const PathRung& rung) {
        return std::any_of(paths_.begin(), paths_.end(),
                           [&](const Hook& hook) { return hook.function() == rung.function; });
    });
}

Result<void> Probes::attach_path_rung(const PathRung& rung) {
    for (const std::string& program : programs_at(rung, paths_by_multi_)) {
        const bool at_end = program == rung.leave_multi;
        const Hook::Kind multi = at_end ? Hook::Kind::kMultiReturn : Hook::Kind::kMultiEntry;
        if (auto done = add_hook(paths_by_multi_ ? multi : Hook::Kind::kSection, *tables_, program,
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

Result<void> Probes::attach_exit() {
    if (methods_.accounting == AccountingMethod::kExit || !exit_.empty()) return {};
    auto hooks = exit_hooks(programs(), methods_.exit);
    if (!hooks) {
        // The end of a pair without its start sees nothing.
        snippets_.clear();
        return fail(hooks.error());
    }
    exit_ = std::move(*hooks);
    return {};
}

Result<void> Probes::move_to(ProbeMethods methods) {
    assert(methods.accounting != AccountingMethod::kExit &&
           methods_.accounting != AccountingMethod::kExit);
    auto skeleton = load_programs(methods);
    if (!skeleton) return fail(skeleton.error());
    // Counts do without it, as at the start; its row then says that it is not attached.
    auto snippets = snippet_hooks(**skeleton, methods.exit);
    auto accounting = accounting_hooks(**skeleton, methods);
    if (!accounting) return fail(accounting.error());
    auto exit = exit_hooks(**skeleton, methods.exit);
    if (!exit) return fail(exit.error());
    left_ = attached();
    std::erase_if(left_,
                  [](const AttachedProbe& probe) { return probe.role == ProbeRole::kPaths; });
    for (AttachedProbe& probe : left_)
        probe.attached = false;
    accounting_ = std::move(*accounting);
    exit_ = std::move(*exit);
    snippets_ = snippets ? std::move(*snippets) : Hooks{};
    adopted_resolver_.reset();
    moves_++;
    moved_to_ = std::move(*skeleton);
    methods_ = methods;
    return {};
}

std::vector<AttachedProbe> Probes::attached() const {
    std::vector<AttachedProbe> rows = left_;
    const bool at_exit = methods_.accounting == AccountingMethod::kExit;
    for (const Hook& hook : accounting_)
        add_row(ProbeRole::kAccounting,
                at_exit ? method_name(methods_.exit) : method_name(methods_.accounting), hook,
                rows);
    for (const Hook& hook : exit_)
        add_row(ProbeRole::kExit, method_name(methods_.exit), hook, rows);
    for (const Hook& hook : snippets_)
        add_row(ProbeRole::kSnippets, method_name(methods_.exit), hook, rows);
    for (const Hook& hook : paths_)
        for (const PathRung& rung : path_rungs_)
            if (rung.function == hook.function())
                add_row(ProbeRole::kPaths, method_of(rung, paths_by_multi_), hook, rows);
    return rows;
}

std::vector<MapInfo> Probes::maps() const {
    return read_map_info(*tables_);
}

}  // namespace vfswatchd
