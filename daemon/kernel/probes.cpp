// SPDX-License-Identifier: Apache-2.0
#include "kernel/probes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <array>
#include <utility>

#include "kernel/attach.h"
#include "kernel/filter_tables.h"
#include "kernel/libbpf_log.h"
#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

/// The programs of one rung: the same bodies on another kind of hook.
struct Rung {
    const char* name;
    const char* function;
    bpf_program* account;
    bpf_program* resolve;
    bpf_program* end_task;
    bpf_link** account_link;
    bpf_link** end_task_link;
};

Rung rung_of(vfswatch_bpf& skeleton, AccountingMethod method) {
    auto& progs = skeleton.progs;
    auto& links = skeleton.links;
    if (method == AccountingMethod::kLsm)
        return {method_name(method), "file_permission",  progs.account_lsm,  progs.resolve_lsm,
                progs.end_task_lsm,  &links.account_lsm, &links.end_task_lsm};
    return {method_name(method),   "security_file_permission", progs.account_fentry,
            progs.resolve_fentry,  progs.end_task_fentry,      &links.account_fentry,
            &links.end_task_fentry};
}

void choose_programs(vfswatch_bpf& skeleton, AccountingMethod method) {
    const Rung unused =
        rung_of(skeleton, method == AccountingMethod::kLsm ? AccountingMethod::kFentry
                                                           : AccountingMethod::kLsm);
    for (bpf_program* program : {unused.account, unused.resolve, unused.end_task})
        bpf_program__set_autoload(program, false);
}

Result<void> set_resolver(vfswatch_bpf& skeleton, AccountingMethod method) {
    const std::uint32_t slot = 0;
    const int program = bpf_program__fd(rung_of(skeleton, method).resolve);
    const int map = bpf_map__fd(skeleton.maps.resolver);
    if (bpf_map_update_elem(map, &slot, &program, BPF_ANY) == 0) return {};
    return fail(errno_error(errno, "set the program that resolves names"));
}

}  // namespace

const char* method_name(AccountingMethod method) {
    return method == AccountingMethod::kLsm ? "lsm" : "fentry";
}

void Probes::SkeletonDeleter::operator()(vfswatch_bpf* skeleton) const {
    vfswatch_bpf__destroy(skeleton);
}

Probes::Probes(Skeleton skeleton, AccountingMethod method)
    : skeleton_(std::move(skeleton)), method_(method) {}
Probes::Probes(Probes&&) noexcept = default;
Probes& Probes::operator=(Probes&&) noexcept = default;
Probes::~Probes() = default;

Result<Probes> Probes::load(const Filter& filter, const TableSizes& sizes,
                            AccountingMethod method) {
    const LibbpfLog log;
    Probes probes(Skeleton(vfswatch_bpf__open()), method);
    if (!probes.skeleton_) return fail(errno_error(errno, "open the BPF object"));
    vfswatch_bpf& skeleton = *probes.skeleton_;
    size_tables(skeleton, filter, sizes);
    choose_programs(skeleton, method);
    if (const int result = vfswatch_bpf__load(&skeleton); result != 0)
        return fail(negative_errno_error(result, "load the BPF programs: " + log.first_warning()));
    if (auto done = fill_tables(skeleton, filter, sizes); !done) return fail(done.error());
    if (auto done = set_resolver(skeleton, method); !done) return fail(done.error());
    auto books = Books::open(skeleton);
    if (!books) return fail(books.error());
    probes.books_ = std::move(*books);
    return probes;
}

Result<void> Probes::attach_accounting() {
    const Rung rung = rung_of(*skeleton_, method_);
    // The end of tasks first: a run without an end would outlive its task.
    if (auto done = attach(rung.end_task, *rung.end_task_link); !done) return done;
    return attach(rung.account, *rung.account_link);
}

Result<void> Probes::attach_exit() {
    return attach(skeleton_->progs.observe_vfs_read, skeleton_->links.observe_vfs_read);
}

std::vector<AttachedProbe> Probes::attached() const {
    std::vector<AttachedProbe> rows;
    const Rung rung = rung_of(*skeleton_, method_);
    if (*rung.account_link != nullptr)
        rows.push_back({"accounting", rung.function, rung.name, recursion_misses(rung.account)});
    if (skeleton_->links.observe_vfs_read != nullptr)
        rows.push_back(
            {"exit", "vfs_read", "fexit", recursion_misses(skeleton_->progs.observe_vfs_read)});
    return rows;
}

std::vector<MapInfo> Probes::maps() const {
    return read_map_info(*skeleton_);
}

}  // namespace vfswatchd
