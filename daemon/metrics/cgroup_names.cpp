// SPDX-License-Identifier: Apache-2.0
#include "metrics/cgroup_names.h"

namespace vfswatchd {
namespace {

constexpr std::size_t kMaxUnheld = std::size_t{2} * VFSWATCH_MAX_CGROUPS;

}  // namespace

void CgroupNames::learn(const CgroupName& cgroup) {
    State& state = names_[cgroup.id];
    state.path = cgroup.path;
    if (state.holders == 0) wait_unheld(cgroup.id, state);
}

void CgroupNames::hold(std::uint64_t id) {
    if (id != 0) ++names_[id].holders;
}

void CgroupNames::release(std::uint64_t id) {
    const auto found = names_.find(id);
    if (found != names_.end() && --found->second.holders == 0) wait_unheld(id, found->second);
}

void CgroupNames::wait_unheld(std::uint64_t id, State& state) {
    if (state.unheld) return;
    state.unheld = true;
    unheld_.push_back(id);
    if (unheld_.size() <= kMaxUnheld) return;
    const auto oldest = names_.find(unheld_.front());
    unheld_.pop_front();
    oldest->second.unheld = false;
    // Held again since; it comes back here when it is released.
    if (oldest->second.holders == 0) names_.erase(oldest);
}

const std::string* CgroupNames::path_of(std::uint64_t id) const {
    const auto found = names_.find(id);
    return found == names_.end() || found->second.path.empty() ? nullptr : &found->second.path;
}

void CgroupNames::save(ByteWriter& out) const {
    out.put_count(names_.size());
    for (const auto& [id, state] : names_) {
        out.put(id);
        out.put_text(state.path);
        out.put(state.holders);
    }
}

void CgroupNames::load(ByteReader& in) {
    names_.clear();
    unheld_.clear();
    for (std::size_t left = in.get_count(); left > 0; --left) {
        const auto id = in.get<std::uint64_t>();
        State& state = names_[id];
        state.path = in.get_text();
        state.holders = in.get<std::uint32_t>();
        if (state.holders == 0) wait_unheld(id, state);
    }
}

}  // namespace vfswatchd
