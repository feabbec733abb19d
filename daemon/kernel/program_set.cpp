// SPDX-License-Identifier: Apache-2.0
#include "kernel/program_set.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <iterator>
#include <utility>

#include "kernel/filter_tables.h"
#include "kernel/iterator.h"
#include "kernel/kernel_types.h"
#include "kernel/libbpf_log.h"
#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

constexpr const char* kSurveyProgram = "survey_tasks";

/// A child whose parent has a higher number is found at the next pass.
constexpr int kMostPasses = 64;

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

}  // namespace

KernelFeatures KernelFeatures::look() {
    const KernelTypes kernel = KernelTypes::load();
    KernelFeatures features;
    features.typed_cast = kernel.has_function("bpf_rdonly_cast");
    features.fprobe_on_fgraph = kernel.has_function("fprobe_fgraph_entry");
    for (const std::string_view function : kReadFunctions)
        if (function == kReadFunctions.front() || kernel.has_function(std::string(function)))
            features.read_functions.emplace_back(function);
    for (const PathRung& rung : kPathRungs)
        if (kernel.has_function(std::string(rung.function))) features.path_rungs.push_back(rung);
    return features;
}

Result<void> add_hook(Hook::Kind kind, vfswatch_bpf& skeleton, const std::string& program,
                      std::string_view function, Hooks& hooks) {
    auto hook = Hook::attach(kind, find_program(skeleton, program), function);
    if (!hook) return fail(hook.error());
    hooks.push_back(std::move(*hook));
    return {};
}

ProgramSet::ProgramSet(const KernelFeatures& kernel, Filter filter, const TableSizes& sizes,
                       ProbeMethods methods, Skeleton skeleton)
    : read_functions_(kernel.read_functions),
      filter_(std::move(filter)),
      sizes_(sizes),
      methods_(methods),
      skeleton_(std::move(skeleton)) {
    vfswatch_settings& settings = filter_.settings;
    settings.account_at_exit = methods.accounting == AccountingMethod::kExit ? 1 : 0;
    settings.paths_hidden = methods.paths ? 0 : 1;
    // There a read's start is not seen, so neither how long it takes.
    if (methods.accounting == AccountingMethod::kExit && methods.exit == ExitMethod::kFexit)
        settings.latency_targets = 0;
    skeleton_->rodata->settings = settings;
}

Result<ProgramSet> ProgramSet::open(const KernelFeatures& kernel, Filter filter,
                                    const TableSizes& sizes, ProbeMethods methods) {
    Skeleton skeleton(open_skeleton(kernel.typed_cast), vfswatch_bpf__destroy);
    if (!skeleton) return fail(errno_error(errno, "open the BPF object"));
    size_tables(*skeleton, sizes);
    return ProgramSet(kernel, std::move(filter), sizes, methods, std::move(skeleton));
}

Result<void> ProgramSet::load(std::vector<std::string> others, int earlier_processes) {
    const std::vector<std::string> own = programs();
    others.insert(others.end(), own.begin(), own.end());
    if (auto done = load_programs(others); !done) return done;
    const AccountingRung* rung = accounting_rung(methods_.accounting);
    if (rung != nullptr && methods_.paths)
        if (auto done = set_resolver(*skeleton_, rung->resolve); !done) return done;
    return fill_tables(*skeleton_, filter_, earlier_processes);
}

Result<void> ProgramSet::load_programs(const std::vector<std::string>& programs) {
    const LibbpfLog log;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton_->obj) {
        bpf_program__set_autoload(program, false);
    }
    for (const std::string& name : programs)
        bpf_program__set_autoload(find_program(*skeleton_, name), true);
    const int result = vfswatch_bpf__load(skeleton_.get());
    if (result == 0) return {};
    return fail(negative_errno_error(result, "load the BPF programs: " + log.first_warning()));
}

std::vector<std::string> ProgramSet::programs() const {
    const AccountingRung& end = end_task_rung(methods_);
    std::vector<std::string> names = {end.end_task};
    if (settings().host_paths != 0 || settings().follow_targets != 0)
        names.emplace_back(kSurveyProgram);
    if (settings().follow_targets != 0) names.emplace_back(end.follow_child);
    if (const AccountingRung* rung = accounting_rung(methods_.accounting)) {
        names.emplace_back(rung->account);
        if (rung->settle_task != nullptr) names.emplace_back(rung->settle_task);
        // It alone reads kernel memory that has no type, which a locked down kernel forbids.
        if (methods_.paths) names.emplace_back(rung->resolve);
    }
    const ExitRung* rung = exit_rung(methods_.exit);
    if (rung == nullptr) return names;
    for (const std::string& function : read_functions_) {
        if (!rung->enter.empty()) names.push_back(std::string(rung->enter) + function);
        names.push_back(std::string(rung->leave) + function);
    }
    if (samples()) names.emplace_back(rung->snippet);
    return names;
}

bool ProgramSet::samples() const {
    return settings().snippet_targets != 0 && methods_.exit != ExitMethod::kOff;
}

Result<void> ProgramSet::attach_accounting() {
    Hooks hooks;
    const AccountingRung& end = end_task_rung(methods_);
    // The end of tasks first: a run without an end would outlive its task.
    if (auto done =
            add_hook(hook_kind(end.method), *skeleton_, end.end_task, end.end_task_function, hooks);
        !done)
        return done;
    if (settings().follow_targets != 0)
        if (auto done = add_hook(hook_kind(end.method), *skeleton_, end.follow_child,
                                 end.follow_child_function, hooks);
            !done)
            return done;
    const AccountingRung* rung = accounting_rung(methods_.accounting);
    if (rung == nullptr) {
        if (auto done = attach_ends(hooks); !done) return done;
    } else {
        if (rung->settle_task != nullptr)
            if (auto done = add_hook(hook_kind(rung->method), *skeleton_, rung->settle_task,
                                     kSettleTaskFunction, hooks);
                !done)
                return done;
        if (auto done = add_hook(hook_kind(rung->method), *skeleton_, rung->account,
                                 rung->account_function, hooks);
            !done)
            return done;
    }
    accounting_ = std::move(hooks);
    return {};
}

Result<void> ProgramSet::attach_exit() {
    if (methods_.accounting == AccountingMethod::kExit) return {};
    Hooks hooks;
    if (auto done = attach_ends(hooks); !done) {
        // The end of a pair without its start sees nothing.
        snippets_.clear();
        return done;
    }
    exit_ = std::move(hooks);
    return {};
}

Result<void> ProgramSet::attach_ends(Hooks& hooks) {
    const ExitRung* rung = exit_rung(methods_.exit);
    if (rung == nullptr) return {};
    const auto [entry, exit] = hook_kinds(methods_.exit);
    for (const std::string& function : read_functions_) {
        // The end first: an entry without an end would leave a stale note.
        if (auto done =
                add_hook(exit, *skeleton_, std::string(rung->leave) + function, function, hooks);
            !done)
            return done;
        if (rung->enter.empty()) continue;
        if (auto done =
                add_hook(entry, *skeleton_, std::string(rung->enter) + function, function, hooks);
            !done)
            return done;
    }
    return {};
}

Result<void> ProgramSet::attach_snippets() {
    const ExitRung* rung = exit_rung(methods_.exit);
    if (rung == nullptr || !samples()) return {};
    Hooks hooks;
    // The entry of a pair is the one that observes.
    if (auto done = add_hook(hook_kinds(methods_.exit).second, *skeleton_,
                             std::string(rung->snippet), kSnippetFunction, hooks);
        !done)
        return done;
    snippets_ = std::move(hooks);
    return {};
}

Result<void> ProgramSet::survey(TargetMask targets) {
    if (settings().host_paths == 0 && targets == 0) return {};
    const auto survey = Iterator::open(skeleton_->progs.survey_tasks);
    if (!survey) return fail(survey.error());
    skeleton_->bss->surveyed_targets = targets;
    const volatile __u64& adopted = skeleton_->bss->children_adopted;
    for (int pass = 0; pass < kMostPasses; pass++) {
        const std::uint64_t before = adopted;
        if (auto done = survey->run(); !done) return done;
        if (adopted == before) break;
    }
    return {};
}

}  // namespace vfswatchd
