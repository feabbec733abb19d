// SPDX-License-Identifier: Apache-2.0
#include "kernel/sums.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

/// The programs read and write it meanwhile.
std::uint32_t load(std::uint32_t& shared) {
    return std::atomic_ref(shared).load();
}

void store(std::uint32_t& shared, std::uint32_t value) {
    std::atomic_ref(shared).store(value);
}

ReadSum copy_of(std::uint32_t id, const vfswatch_sum& sum) {
    const volatile vfswatch_sum& shared = sum;
    return {id, sum.key, {shared.bytes, shared.calls, shared.errors, shared.eofs}};
}

}  // namespace

Sums::Sums(vfswatch_bpf& skeleton, Iterator free_drained, Iterator forget_places)
    : skeleton_(&skeleton),
      free_drained_(std::move(free_drained)),
      forget_places_(std::move(forget_places)) {}

Result<std::unique_ptr<Sums>> Sums::open(vfswatch_bpf& skeleton) {
    auto free_drained = Iterator::open(skeleton.progs.free_drained_sums, skeleton.maps.sums);
    if (!free_drained) return fail(free_drained.error());
    auto forget = Iterator::open(skeleton.progs.forget_places, skeleton.maps.sum_places);
    if (!forget) return fail(forget.error());
    std::unique_ptr<Sums> sums(new Sums(skeleton, std::move(*free_drained), std::move(*forget)));
    if (auto done = sums->make_grace_map(); !done) return fail(done.error());
    const std::size_t count = bpf_map__max_entries(skeleton.maps.sums);
    void* memory = mmap(nullptr, count * sizeof(vfswatch_sum), PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(skeleton.maps.sums), 0);
    if (memory == MAP_FAILED) return fail(errno_error(errno, "map the sums"));
    sums->sums_ = {static_cast<vfswatch_sum*>(memory), count};
    return sums;
}

Result<void> Sums::make_grace_map() {
    empty_map_.reset(bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, sizeof(std::uint32_t),
                                    sizeof(std::uint32_t), 1, nullptr));
    if (!empty_map_) return fail(errno_error(errno, "make a map"));
    bpf_map_create_opts options{};
    options.sz = sizeof(options);
    options.inner_map_fd = static_cast<__u32>(empty_map_.get());
    grace_map_.reset(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, nullptr, sizeof(std::uint32_t),
                                    sizeof(std::uint32_t), 1, &options));
    if (!grace_map_) return fail(errno_error(errno, "make a map of maps"));
    return {};
}

Sums::~Sums() {
    if (!sums_.empty()) munmap(sums_.data(), sums_.size_bytes());
}

std::uint64_t Sums::in_use() const {
    const volatile vfswatch_stats& stats = skeleton_->bss->stats;
    // In this order: a sum is made before it is freed.
    const std::uint64_t freed = stats.sums_freed;
    return stats.sums_created - freed;
}

std::vector<ReadSum> Sums::read() const {
    std::vector<ReadSum> copies;
    copies.reserve(in_use());
    // The free ids are on a stack, so those in use are close together. New ones come meanwhile.
    for (std::uint32_t id = 1; id < sums_.size() && copies.size() < in_use(); id++) {
        const std::uint32_t state = load(sums_[id].state);
        if (state == VFSWATCH_SUM_LIVE || state == VFSWATCH_SUM_RETIRING)
            copies.push_back(copy_of(id, sums_[id]));
    }
    return copies;
}

TargetMask Sums::targets() const {
    TargetMask targets = 0;
    for (vfswatch_sum& sum : sums_)
        if (load(sum.state) != VFSWATCH_SUM_FREE) targets |= sum.key.targets;
    return targets;
}

std::vector<std::uint32_t> Sums::retire(const std::vector<std::uint32_t>& ids) {
    std::vector<std::uint32_t> retired;
    for (const std::uint32_t id : ids) {
        vfswatch_sum& sum = sums_[id];
        if (load(sum.state) != VFSWATCH_SUM_LIVE || load(sum.holders) != 0) continue;
        store(sum.state, VFSWATCH_SUM_RETIRING);
        retired.push_back(id);
    }
    return retired;
}

std::vector<ReadSum> Sums::take_over() {
    std::vector<ReadSum> drained;
    for (std::uint32_t id = 1; id < sums_.size(); id++) {
        const std::uint32_t state = load(sums_[id].state);
        if (state == VFSWATCH_SUM_RETIRING) store(sums_[id].state, VFSWATCH_SUM_LIVE);
        if (state == VFSWATCH_SUM_DRAINED) drained.push_back(copy_of(id, sums_[id]));
    }
    // A sum may be free already while the way to it is not dropped.
    some_are_drained_ = true;
    return drained;
}

void Sums::revive(const std::vector<std::uint32_t>& retired) {
    for (const std::uint32_t id : retired)
        store(sums_[id].state, VFSWATCH_SUM_LIVE);
}

Result<void> Sums::wait_for_programs() const {
    // After a change of a map of maps the kernel waits for an RCU grace period, so that nobody uses
    // what was taken out; and every program runs within a reader's section. (membarrier(2) does not
    // wait where one processor is online.)
    const std::uint32_t slot = 0;
    const int inner = empty_map_.get();
    if (bpf_map_update_elem(grace_map_.get(), &slot, &inner, BPF_ANY) == 0) return {};
    return fail(errno_error(errno, "wait for running programs"));
}

std::vector<ReadSum> Sums::drain(const std::vector<std::uint32_t>& retired) {
    std::vector<ReadSum> drained;
    for (const std::uint32_t id : retired) {
        vfswatch_sum& sum = sums_[id];
        if (load(sum.holders) != 0) {
            store(sum.state, VFSWATCH_SUM_LIVE);
            continue;
        }
        drained.push_back(copy_of(id, sum));
        store(sum.state, VFSWATCH_SUM_DRAINED);
        some_are_drained_ = true;
    }
    return drained;
}

Result<void> Sums::free_drained() {
    if (!some_are_drained_) return {};
    // The keys first: whoever takes a free id finds room for its own.
    if (auto done = forget_places_.run(); !done) return done;
    if (auto done = free_drained_.run(); !done) return done;
    some_are_drained_ = false;
    return {};
}

}  // namespace vfswatchd
