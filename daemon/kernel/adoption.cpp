// SPDX-License-Identifier: Apache-2.0
// How probes outlive the process that attached them: what is kept of them, and how the next process
// goes on with it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "kernel/map_info.h"
#include "kernel/probes.h"
#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

constexpr std::array kKeptRoles = {ProbeRole::kAccounting, ProbeRole::kExit, ProbeRole::kPaths};

Result<UniqueFd> take(KeptObjects& kept, const std::string& name) {
    const auto found = kept.find(name);
    if (found == kept.end()) return fail(plain_error(name + " was not kept"));
    UniqueFd fd = std::move(found->second);
    kept.erase(found);
    return fd;
}

Result<bpf_map_info> info_of(int map) {
    bpf_map_info info{};
    __u32 bytes = sizeof(info);
    if (bpf_obj_get_info_by_fd(map, &info, &bytes) == 0) return info;
    return fail(errno_error(errno, "look at a kept map"));
}

/// The number that no set of programs over these books has had, out of their globals.
Result<std::uint32_t> next_policy(int globals) {
    const auto info = info_of(globals);
    if (!info) return fail(info.error());
    using Globals = std::remove_pointer_t<decltype(vfswatch_bpf::bss)>;
    std::vector<std::byte> values(std::max<std::size_t>(info->value_size, sizeof(Globals)));
    const std::uint32_t slot = 0;
    if (bpf_map_lookup_elem(globals, &slot, values.data()) != 0)
        return fail(errno_error(errno, "read the kept globals"));
    std::uint32_t last = 0;
    std::memcpy(&last, values.data() + offsetof(Globals, policies), sizeof(last));
    return last + 1;
}

/// Its entries are what the programs take them for.
Result<void> reuse(bpf_map* map, int fd) {
    const auto info = info_of(fd);
    if (!info) return fail(info.error());
    if (info->type != static_cast<__u32>(bpf_map__type(map)) ||
        info->key_size != bpf_map__key_size(map) || info->value_size != bpf_map__value_size(map))
        return fail(plain_error("the kept map " + map_name(map) + " has other entries"));
    if (const int result = bpf_map__reuse_fd(map, fd); result != 0)
        return fail(negative_errno_error(result, "adopt the map " + map_name(map)));
    return {};
}

}  // namespace

/// No two sets of programs over the same books have the same names, whoever was killed while they
/// were kept. Those at changes of paths go on from set to set, and systemd keeps no object under
/// two names.
std::string Probes::prefix(ProbeRole role, std::uint32_t policy) {
    const std::string set = role == ProbeRole::kPaths ? "" : std::to_string(policy);
    return role_name(role) + set + ".";
}

const Hooks& Probes::hooks_of(ProbeRole role) const {
    switch (role) {
        case ProbeRole::kAccounting:
            return programs_->accounting();
        case ProbeRole::kExit:
            return programs_->exit();
        case ProbeRole::kPaths:
            return paths_;
        case ProbeRole::kSnippets:
            break;
    }
    return programs_->snippets();
}

ObjectsToKeep Probes::objects() const {
    ObjectsToKeep objects;
    const vfswatch_bpf& own = *programs_->skeleton();
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, own.obj) {
        const std::string name = map_name(map);
        if (table_owner(name) == TableOwner::kBooks) objects["map." + name] = bpf_map__fd(map);
    }
    const std::uint32_t policy = programs_->settings().policy;
    const std::string of_set = prefix(ProbeRole::kAccounting, policy);
    objects[of_set + "resolver"] = bpf_map__fd(own.maps.resolver);
    objects[of_set + "processes"] = bpf_map__fd(own.maps.processes);
    for (const ProbeRole role : kKeptRoles) {
        std::size_t count = 0;
        for (const Hook& hook : hooks_of(role)) {
            if (!hook.can_be_kept()) continue;
            const std::string number = std::to_string(count++);
            objects[prefix(role, policy) + "program" + number] = hook.program_fd();
            objects[prefix(role, policy) + "link" + number] = hook.link_fd();
        }
    }
    return objects;
}

Result<void> Probes::check_all_can_be_kept() const {
    for (const ProbeRole role : kKeptRoles)
        for (const Hook& hook : hooks_of(role))
            if (!hook.can_be_kept())
                return fail(plain_error("the tracefs probe at " + hook.function() + " (" +
                                        role_name(role) + ") ends with its process"));
    return {};
}

void Probes::save(ByteWriter& out) const {
    out.put(std::uint32_t{programs_->settings().policy});
    out.put(path_seed_);
    out.put(methods().accounting);
    out.put(methods().exit);
    out.put(std::uint8_t{methods().paths});
    for (const ProbeRole role : kKeptRoles) {
        const Hooks& hooks = hooks_of(role);
        const auto can_be_kept = [](const Hook& hook) { return hook.can_be_kept(); };
        out.put_count(
            static_cast<std::size_t>(std::count_if(hooks.begin(), hooks.end(), can_be_kept)));
        for (const Hook& hook : hooks) {
            if (!hook.can_be_kept()) continue;
            out.put(hook.kind());
            out.put_text(hook.function());
        }
    }
}

Result<Probes> Probes::adopt(const Filter& filter, const TableSizes& sizes, ByteReader& saved,
                             KeptObjects& kept) {
    Probes probes;
    const auto earlier_policy = saved.get<std::uint32_t>();
    probes.path_seed_ = saved.get<std::uint64_t>();
    ProbeMethods methods;
    methods.accounting = saved.get<AccountingMethod>();
    methods.exit = saved.get<ExitMethod>();
    methods.paths = saved.get<std::uint8_t>() != 0;
    const auto globals = kept.find("map.bss");
    if (globals == kept.end()) return fail(plain_error("the globals were not kept"));
    const auto policy = next_policy(globals->second.get());
    if (!policy) return fail(policy.error());
    auto set = ProgramSet::open(probes.kernel_, probes.completed(filter, *policy), sizes, methods);
    if (!set) return fail(set.error());
    if (auto done = adopt_tables(*set->skeleton(), kept); !done) return fail(done.error());
    if (auto done = probes.adopt_hooks(saved, earlier_policy, kept); !done)
        return fail(done.error());
    const auto processes = take(kept, prefix(ProbeRole::kAccounting, earlier_policy) + "processes");
    if (!processes) return fail(processes.error());
    if (auto done = set->load(probes.book_programs(), processes->get()); !done)
        return fail(done.error());
    auto* globals_now = set->skeleton()->bss;
    globals_now->policies = *policy;
    // Nobody takes samples yet, and what became of the earlier ones the process before knew.
    std::memset(&globals_now->stats.sampled, 0, sizeof(globals_now->stats.sampled));
    std::memset(&globals_now->samples_due_ns, 0, sizeof(globals_now->samples_due_ns));
    probes.programs_ = std::make_unique<ProgramSet>(std::move(*set));
    probes.note_filter();
    if (auto done = probes.open_books(); !done) return fail(done.error());
    return probes;
}

Result<void> Probes::adopt_tables(vfswatch_bpf& skeleton, KeptObjects& kept) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton.obj) {
        const std::string name = map_name(map);
        if (table_owner(name) != TableOwner::kBooks) continue;
        const auto fd = take(kept, "map." + name);
        if (!fd) return fail(fd.error());
        if (auto done = reuse(map, fd->get()); !done) return done;
    }
    return {};
}

Result<void> Probes::adopt_hooks(ByteReader& saved, std::uint32_t policy, KeptObjects& kept) {
    for (const ProbeRole role : kKeptRoles) {
        const std::size_t count = saved.get_count();
        for (std::size_t i = 0; i < count; i++) {
            const auto kind = saved.get<Hook::Kind>();
            const std::string function = saved.get_text();
            auto program = take(kept, prefix(role, policy) + "program" + std::to_string(i));
            if (!program) return fail(program.error());
            auto link = take(kept, prefix(role, policy) + "link" + std::to_string(i));
            if (!link) return fail(link.error());
            Hooks& hooks = role == ProbeRole::kPaths ? paths_ : adopted_;
            hooks.push_back(Hook::adopt(kind, function, std::move(*program), std::move(*link)));
        }
    }
    if (saved.failed()) return fail(plain_error("what was saved of the probes is not whole"));
    auto resolver = take(kept, prefix(ProbeRole::kAccounting, policy) + "resolver");
    if (!resolver) return fail(resolver.error());
    adopted_resolver_ = std::move(*resolver);
    return {};
}

}  // namespace vfswatchd
