// SPDX-License-Identifier: Apache-2.0
// How probes outlive the process that attached them: what is kept of them, and how the next process
// goes on with it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "kernel/map_info.h"
#include "kernel/probes.h"
#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

constexpr std::array kKeptRoles = {ProbeRole::kAccounting, ProbeRole::kExit, ProbeRole::kPaths};

/// Settings and texts belong to a set of programs, a table of programs is kept beside its set; and
/// nobody shall copy what is read while the daemon is not there.
constexpr std::array<std::string_view, 4> kNotKept = {"rodata", "resolver", "snippet_rooms",
                                                      "snippet_ring"};

bool is_kept(const std::string& map) {
    return std::find(kNotKept.begin(), kNotKept.end(), map) == kNotKept.end();
}

Result<UniqueFd> take(KeptObjects& kept, const std::string& name) {
    const auto found = kept.find(name);
    if (found == kept.end()) return fail(plain_error(name + " was not kept"));
    UniqueFd fd = std::move(found->second);
    kept.erase(found);
    return fd;
}

}  // namespace

/// Those at changes of paths do not move, and systemd keeps no object under two names.
std::string Probes::prefix(ProbeRole role) const {
    const std::string set = role == ProbeRole::kPaths ? "" : std::to_string(moves_);
    return role_name(role) + set + ".";
}

Probes::Hooks& Probes::hooks_of(ProbeRole role) {
    switch (role) {
        case ProbeRole::kAccounting:
            return accounting_;
        case ProbeRole::kExit:
            return exit_;
        case ProbeRole::kPaths:
            return paths_;
        case ProbeRole::kSnippets:
            break;
    }
    return snippets_;
}

const Probes::Hooks& Probes::hooks_of(ProbeRole role) const {
    return const_cast<Probes*>(this)->hooks_of(role);
}

ObjectsToKeep Probes::objects() const {
    ObjectsToKeep objects;
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, tables_->obj) {
        const std::string name = map_name(map);
        if (is_kept(name)) objects["map." + name] = bpf_map__fd(map);
    }
    objects[prefix(ProbeRole::kAccounting) + "resolver"] =
        adopted_resolver_ ? adopted_resolver_.get() : bpf_map__fd(programs().maps.resolver);
    for (const ProbeRole role : kKeptRoles) {
        std::size_t count = 0;
        for (const Hook& hook : hooks_of(role)) {
            if (!hook.can_be_kept()) continue;
            const std::string number = std::to_string(count++);
            objects[prefix(role) + "program" + number] = hook.program_fd();
            objects[prefix(role) + "link" + number] = hook.link_fd();
        }
    }
    return objects;
}

void Probes::save(ByteWriter& out) const {
    out.put(fingerprint_);
    out.put(moves_);
    out.put(methods_.accounting);
    out.put(methods_.exit);
    out.put(std::uint8_t{methods_.paths});
    out.put(settings_);
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
    const auto fingerprint = saved.get<std::uint64_t>();
    const auto moves = saved.get<std::uint32_t>();
    ProbeMethods methods;
    methods.accounting = saved.get<AccountingMethod>();
    methods.exit = saved.get<ExitMethod>();
    methods.paths = saved.get<std::uint8_t>() != 0;
    Probes probes(filter, sizes, methods);
    probes.settings_ = saved.get<vfswatch_settings>();
    probes.moves_ = moves;
    if (auto done = probes.adopt_tables(kept); !done) return fail(done.error());
    if (auto done = probes.adopt_hooks(saved, kept); !done) return fail(done.error());
    if (auto done = probes.open_tables(); !done) return fail(done.error());
    if (fingerprint == probes.fingerprint_) return probes;
    // The new programs count on in the old ones' tables.
    if (auto done = probes.move_to(methods); !done) return fail(done.error());
    return probes;
}

Result<void> Probes::adopt_tables(KeptObjects& kept) {
    auto opened = open_programs();
    if (!opened) return fail(opened.error());
    Skeleton skeleton = std::move(*opened);
    fingerprint_ = fingerprint_of(*skeleton);
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton->obj) {
        const std::string name = map_name(map);
        if (!is_kept(name)) continue;
        const auto fd = take(kept, "map." + name);
        if (!fd) return fail(fd.error());
        if (const int result = bpf_map__reuse_fd(map, fd->get()); result != 0)
            return fail(negative_errno_error(result, "adopt the map " + name));
    }
    if (auto done = load_into_kernel(*skeleton, programs_beside_adopted()); !done)
        return fail(done.error());
    tables_ = std::move(skeleton);
    // Nobody takes samples yet, and what became of the earlier ones the process before knew.
    std::memset(&tables_->bss->stats.sampled, 0, sizeof(tables_->bss->stats.sampled));
    auto resolver = take(kept, prefix(ProbeRole::kAccounting) + "resolver");
    if (!resolver) return fail(resolver.error());
    adopted_resolver_ = std::move(*resolver);
    return {};
}

Result<void> Probes::adopt_hooks(ByteReader& saved, KeptObjects& kept) {
    for (const ProbeRole role : kKeptRoles) {
        const std::size_t count = saved.get_count();
        for (std::size_t i = 0; i < count; i++) {
            const auto kind = saved.get<Hook::Kind>();
            const std::string function = saved.get_text();
            auto program = take(kept, prefix(role) + "program" + std::to_string(i));
            if (!program) return fail(program.error());
            auto link = take(kept, prefix(role) + "link" + std::to_string(i));
            if (!link) return fail(link.error());
            hooks_of(role).push_back(
                Hook::adopt(kind, function, std::move(*program), std::move(*link)));
        }
    }
    if (saved.failed()) return fail(plain_error("what was saved of the probes is not whole"));
    return {};
}

}  // namespace vfswatchd
