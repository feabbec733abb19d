// SPDX-License-Identifier: Apache-2.0
#include "kernel/books.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

constexpr std::array<const char*, VFSWATCH_UNATTRIBUTED_REASONS> kUnattributedReasons = {
    "", "task_table_full", "path_unresolved"};

ReadCounts counts_of(const vfswatch_amount& amount) {
    return {.bytes = amount.bytes, .calls = amount.calls, .errors = 0, .eofs = 0};
}

int errno_of(std::size_t slot) {
    if (slot < VFSWATCH_ERRNO_PUBLIC_END) return static_cast<int>(slot);
    return static_cast<int>(slot - VFSWATCH_ERRNO_PUBLIC_END + VFSWATCH_ERRNO_KERNEL_BEGIN);
}

void add(ReadCounts& counts, const vfswatch_residue& residue) {
    counts.bytes += residue.bytes;
    counts.calls += residue.calls;
}

}  // namespace

void Books::RingDeleter::operator()(ring_buffer* ring) const {
    ring_buffer__free(ring);
}

Books::Books(vfswatch_bpf& skeleton, std::unique_ptr<Sums> sums, Iterator residues,
             Iterator holders)
    : skeleton_(&skeleton),
      sums_(std::move(sums)),
      residues_(std::move(residues)),
      holders_(std::move(holders)),
      place_of_(sums_->end_id()) {}

Result<std::unique_ptr<Books>> Books::open(vfswatch_bpf& skeleton) {
    auto sums = Sums::open(skeleton);
    if (!sums) return fail(sums.error());
    auto residues = Iterator::open(skeleton.progs.dump_residues);
    if (!residues) return fail(residues.error());
    auto holders = Iterator::open(skeleton.progs.list_holders, skeleton.maps.runs);
    if (!holders) return fail(holders.error());
    std::unique_ptr<Books> books(
        new Books(skeleton, std::move(*sums), std::move(*residues), std::move(*holders)));
    if (auto done = books->open_ring(); !done) return fail(done.error());
    return books;
}

Books::~Books() = default;

Result<void> Books::open_ring() {
    ring_.reset(ring_buffer__new(bpf_map__fd(skeleton_->maps.name_ring), take_name, this, nullptr));
    if (!ring_) return fail(errno_error(errno, "open the ring buffer of names"));
    return {};
}

int Books::take_name(void* books, void* record, std::size_t bytes) {
    auto* self = static_cast<Books*>(books);
    const std::span<const std::byte> whole(static_cast<const std::byte*>(record), bytes);
    if (self->keep_) self->keep_(whole);
    self->add_waiting(whole);
    return 0;
}

void Books::add_waiting(std::span<const std::byte> record) {
    vfswatch_name_trailer trailer{};
    if (record.size() < sizeof(trailer)) return;
    const std::size_t path_bytes = record.size() - sizeof(trailer);
    std::memcpy(&trailer, record.data() + path_bytes, sizeof(trailer));
    std::string path(reinterpret_cast<const char*>(record.data()), path_bytes);
    if (trailer.kind == VFSWATCH_NAME_OF_CGROUP)
        waiting_.cgroups.push_back({trailer.subject, std::move(path)});
    else
        waiting_.files.push_back({trailer.subject, std::move(path),
                                  (trailer.flags & VFSWATCH_NAME_TRUNCATED) != 0,
                                  (trailer.flags & VFSWATCH_NAME_UNRESOLVED) != 0});
}

void Books::keep_names(std::function<void(std::span<const std::byte> record)> keep) {
    const std::lock_guard lock(ring_mutex_);
    keep_ = std::move(keep);
}

void Books::restore_name(std::span<const std::byte> record) {
    const std::lock_guard lock(ring_mutex_);
    add_waiting(record);
}

void Books::drain_names() {
    const std::lock_guard lock(ring_mutex_);
    ring_buffer__consume(ring_.get());
}

void Books::take_names(std::vector<FileName>& files, std::vector<CgroupName>& cgroups) {
    const std::lock_guard lock(ring_mutex_);
    ring_buffer__consume(ring_.get());
    Names names = std::exchange(waiting_, {});
    files = std::move(names.files);
    cgroups = std::move(names.cgroups);
}

int Books::name_ring_fd() const {
    return ring_buffer__epoll_fd(ring_.get());
}

/// The kernel tells each name once.
void Books::give_names_back(ReadSnapshot snapshot) {
    const std::lock_guard lock(ring_mutex_);
    std::move(waiting_.files.begin(), waiting_.files.end(), std::back_inserter(snapshot.new_names));
    std::move(waiting_.cgroups.begin(), waiting_.cgroups.end(),
              std::back_inserter(snapshot.new_cgroups));
    waiting_ = {std::move(snapshot.new_names), std::move(snapshot.new_cgroups)};
}

Result<ReadSnapshot> Books::read() {
    ReadSnapshot snapshot;
    // First: a sum is made before its path is announced, so every name here has its sum below, and
    // whoever keeps paths can tell when the last sum of one is gone.
    take_names(snapshot.new_names, snapshot.new_cgroups);
    read_sums(snapshot);
    read_stats(snapshot);
    if (auto done = add_residues(snapshot); !done) {
        give_names_back(std::move(snapshot));
        return fail(done.error());
    }
    read_errnos(snapshot);
    read_durations(snapshot);
    return snapshot;
}

void Books::read_sums(ReadSnapshot& snapshot) {
    snapshot.sums = sums_->read();
    std::fill(place_of_.begin(), place_of_.end(), 0);
    for (std::uint32_t place = 0; place < snapshot.sums.size(); place++)
        place_of_[snapshot.sums[place].id] = place + 1;
}

void Books::read_stats(ReadSnapshot& snapshot) const {
    const vfswatch_stats& stats = skeleton_->bss->stats;
    snapshot.paths_hidden = skeleton_->rodata->settings.paths_hidden != 0;
    for (const vfswatch_amount& amount : stats.overflow)
        snapshot.overflow.push_back(counts_of(amount));
    for (std::size_t reason = 1; reason < kUnattributedReasons.size(); reason++)
        snapshot.unattributed.emplace_back(kUnattributedReasons.at(reason),
                                           counts_of(stats.unattributed[reason]));
}

Result<void> Books::add_residues(ReadSnapshot& snapshot) const {
    return residues_.run(
        [&](std::span<const std::byte> records) { add_residues(records, snapshot); });
}

void Books::add_residues(std::span<const std::byte> records, ReadSnapshot& snapshot) const {
    vfswatch_residue residue{};
    for (; records.size() >= sizeof(residue); records = records.subspan(sizeof(residue))) {
        std::memcpy(&residue, records.data(), sizeof(residue));
        add_residue(residue, snapshot);
    }
}

void Books::add_residue(const vfswatch_residue& residue, ReadSnapshot& snapshot) const {
    if (residue.unattributed != 0) {
        if (residue.unattributed <= snapshot.unattributed.size())
            add(snapshot.unattributed[residue.unattributed - 1].second, residue);
        return;
    }
    // A sum made after the sums were read waits for the next snapshot.
    if (residue.sum_id < place_of_.size() && place_of_[residue.sum_id] != 0)
        add(snapshot.sums[place_of_[residue.sum_id] - 1].counts, residue);
    for (std::size_t target = 0; target < snapshot.overflow.size(); target++)
        if (residue.over_targets >> target & 1) add(snapshot.overflow[target], residue);
}

void Books::read_errnos(ReadSnapshot& snapshot) const {
    const vfswatch_stats& stats = skeleton_->bss->stats;
    for (std::size_t target = 0; target < VFSWATCH_MAX_TARGETS; target++)
        for (std::size_t slot = 0; slot < VFSWATCH_ERRNO_SLOTS; slot++)
            if (const std::uint64_t calls = stats.errnos[target][slot]; calls != 0)
                snapshot.errnos.push_back({target, errno_of(slot), calls});
}

void Books::read_durations(ReadSnapshot& snapshot) const {
    for (const vfswatch_durations& durations : skeleton_->bss->stats.durations) {
        ReadDurations& copy = snapshot.durations.emplace_back();
        std::copy(std::begin(durations.buckets), std::end(durations.buckets), copy.buckets.begin());
        copy.sum_ns = durations.sum_ns;
    }
}

Result<std::vector<vfswatch_holder>> Books::holders() const {
    std::vector<vfswatch_holder> holders;
    auto done = holders_.run([&](std::span<const std::byte> records) {
        vfswatch_holder holder{};
        for (; records.size() >= sizeof(holder); records = records.subspan(sizeof(holder))) {
            std::memcpy(&holder, records.data(), sizeof(holder));
            holders.push_back(holder);
        }
    });
    if (!done) return fail(done.error());
    return holders;
}

KernelDrops Books::drops() const {
    const vfswatch_stats& stats = skeleton_->bss->stats;
    return {stats.name_ring_full, stats.residue_torn,
            stats.unattributed[VFSWATCH_UNATTRIBUTED_TASK_TABLE_FULL].calls,
            stats.children_unfollowed};
}

std::vector<KernelSamples> Books::samples() const {
    std::vector<KernelSamples> samples;
    for (const volatile vfswatch_sampled& sampled : skeleton_->bss->stats.sampled) {
        KernelSamples& copy = samples.emplace_back();
        // In this order: a sample is taken before it has an outcome.
        copy.rate_limited = sampled.rate_limited;
        copy.ring_full = sampled.ring_full;
        copy.taken = sampled.taken;
    }
    return samples;
}

void Books::move_samples(const std::vector<std::optional<unsigned>>& from) {
    auto& sampled = skeleton_->bss->stats.sampled;
    const std::vector<vfswatch_sampled> before(std::begin(sampled), std::end(sampled));
    for (std::size_t bit = 0; bit < before.size(); bit++)
        sampled[bit] = bit < from.size() && from[bit] ? before.at(*from[bit]) : vfswatch_sampled{};
    // By the rules of before.
    std::memset(&skeleton_->bss->samples_due_ns, 0, sizeof(skeleton_->bss->samples_due_ns));
}

std::uint64_t Books::paths_resolved() const {
    return skeleton_->bss->stats.paths_resolved;
}

}  // namespace vfswatchd
