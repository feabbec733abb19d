// SPDX-License-Identifier: Apache-2.0
#include "policy/roster.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vfswatchd {
namespace {

void put_texts(ByteWriter& writer, const std::vector<TextSelector>& selectors) {
    writer.put_count(selectors.size());
    for (const TextSelector& selector : selectors)
        writer.put_text(selector.text);
}

/// What a bit stands for.
std::string owner_of(const TargetConfig& target) {
    ByteWriter writer;
    writer.put_text(target.name);
    const ProcessSelectors& processes = target.processes;
    if (!processes.follow_children) return writer.bytes();
    writer.put_count(processes.pids.size());
    for (const PidSelector& selector : processes.pids)
        writer.put(selector.pid);
    for (const auto* texts :
         {&processes.comms, &processes.exes, &processes.units, &processes.cgroups})
        put_texts(writer, *texts);
    for (const UidSelector& selector : processes.uids)
        writer.put(selector.uid);
    return writer.bytes();
}

TargetMask renumbered(TargetMask places, const TargetBits& bits) {
    TargetMask mask = 0;
    for (; places != 0; places &= places - 1)
        mask |= mask_of(bits[static_cast<std::size_t>(std::countr_zero(places))]);
    return mask;
}

}  // namespace

Result<Roster> Roster::next(const Config& config, const HeldTargets& held) const {
    Roster roster;
    roster.bits_.resize(config.targets.size());
    std::vector<std::size_t> newcomers;
    TargetMask taken = owned();
    for (std::size_t i = 0; i < config.targets.size(); i++) {
        const std::string owner = owner_of(config.targets[i]);
        const auto* const known = std::find(owners_.begin(), owners_.end(), owner);
        if (known == owners_.end()) {
            newcomers.push_back(i);
            continue;
        }
        roster.bits_[i] = static_cast<unsigned>(known - owners_.begin());
        roster.owners_.at(roster.bits_[i]) = owner;
    }
    for (const std::size_t i : newcomers) {
        const TargetConfig& target = config.targets[i];
        const TargetMask used =
            taken | held.by_reads | (target.processes.follow_children ? held.by_inheritance : 0);
        const auto bit = static_cast<unsigned>(std::countr_one(used));
        if (bit >= VFSWATCH_MAX_TARGETS)
            return fail(plain_error(
                "target " + target.name + " is one too many: of " +
                std::to_string(VFSWATCH_MAX_TARGETS) +
                " targets at most, those counted that this change removes and those that were "
                "removed before while processes that read for them are still there; make the "
                "change in steps, or stop and start the service, which counts from 0"));
        roster.bits_[i] = bit;
        roster.owners_.at(bit) = owner_of(target);
        taken |= mask_of(bit);
    }
    return roster;
}

TargetMask Roster::owned() const {
    TargetMask owned = 0;
    for (std::size_t bit = 0; bit < owners_.size(); bit++)
        if (!owners_.at(bit).empty()) owned |= mask_of(bit);
    return owned;
}

Roster Roster::with(const Roster& next) const {
    Roster both = *this;
    for (std::size_t bit = 0; bit < owners_.size(); bit++)
        if (!next.owners_.at(bit).empty()) both.owners_.at(bit) = next.owners_.at(bit);
    return both;
}

void Roster::save(ByteWriter& out) const {
    for (const std::string& owner : owners_)
        out.put_text(owner);
}

Roster Roster::load(ByteReader& in) {
    Roster roster;
    for (std::string& owner : roster.owners_)
        owner = in.get_text();
    return roster;
}

Filter with_bits(Filter filter, const TargetBits& bits) {
    vfswatch_settings& settings = filter.settings;
    for (__u64* mask :
         {&settings.any_process_targets, &settings.follow_targets, &settings.pid_targets,
          &settings.comm_targets, &settings.uid_targets, &settings.call_targets,
          &settings.cgroup_targets, &settings.inode_targets, &settings.latency_targets,
          &settings.any_path_targets, &settings.snippet_targets})
        *mask = renumbered(*mask, bits);
    for (__u64& mask : settings.type_targets)
        mask = renumbered(mask, bits);
    const vfswatch_settings by_place = settings;
    for (std::size_t bit = 0; bit < VFSWATCH_MAX_TARGETS; bit++) {
        settings.target_max_files[bit] = 0;
        settings.sampling[bit] = {};
    }
    for (std::size_t place = 0; place < bits.size(); place++) {
        settings.target_max_files[bits[place]] = by_place.target_max_files[place];
        settings.sampling[bits[place]] = by_place.sampling[place];
    }
    for (ProcessRow& row : filter.processes)
        row.targets = renumbered(row.targets, bits);
    for (CommRow& row : filter.comms)
        row.targets = renumbered(row.targets, bits);
    for (UidRow& row : filter.uids)
        row.targets = renumbered(row.targets, bits);
    for (vfswatch_path_state& state : filter.path_states)
        state.targets = renumbered(state.targets, bits);
    return filter;
}

}  // namespace vfswatchd
