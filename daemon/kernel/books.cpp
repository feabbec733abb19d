// SPDX-License-Identifier: Apache-2.0
#include "kernel/books.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

// bpf_seq_write hands out whole records; the kernel's own buffer is eight pages.
constexpr std::size_t kResiduesPerRead = 1024;

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

void Books::LinkDeleter::operator()(bpf_link* link) const {
    bpf_link__destroy(link);
}
void Books::RingDeleter::operator()(ring_buffer* ring) const {
    ring_buffer__free(ring);
}

Result<std::unique_ptr<Books>> Books::open(vfswatch_bpf& skeleton) {
    std::unique_ptr<Books> books(new Books(skeleton));
    if (auto done = books->map_sums(); !done) return fail(done.error());
    if (auto done = books->open_ring(); !done) return fail(done.error());
    if (auto done = books->open_iterator(); !done) return fail(done.error());
    return books;
}

Books::~Books() {
    if (!sums_.empty()) munmap(const_cast<vfswatch_sum*>(sums_.data()), sums_.size_bytes());
}

Result<void> Books::map_sums() {
    const std::size_t count = bpf_map__max_entries(skeleton_->maps.sums);
    void* memory = mmap(nullptr, count * sizeof(vfswatch_sum), PROT_READ, MAP_SHARED,
                        bpf_map__fd(skeleton_->maps.sums), 0);
    if (memory == MAP_FAILED) return fail(errno_error(errno, "map the sums"));
    sums_ = {static_cast<const vfswatch_sum*>(memory), count};
    place_of_.resize(count);
    return {};
}

Result<void> Books::open_ring() {
    ring_.reset(ring_buffer__new(bpf_map__fd(skeleton_->maps.name_ring), take_name, this, nullptr));
    if (!ring_) return fail(errno_error(errno, "open the ring buffer of names"));
    return {};
}

Result<void> Books::open_iterator() {
    iterator_.reset(bpf_program__attach_iter(skeleton_->progs.dump_residues, nullptr));
    if (!iterator_) return fail(errno_error(errno, "open the task iterator"));
    return {};
}

int Books::take_name(void* books, void* record, std::size_t bytes) {
    auto* self = static_cast<Books*>(books);
    vfswatch_name_trailer trailer{};
    if (bytes < sizeof(trailer)) return 0;
    const std::size_t path_bytes = bytes - sizeof(trailer);
    const char* path = static_cast<const char*>(record);
    std::memcpy(&trailer, path + path_bytes, sizeof(trailer));
    self->waiting_names_.push_back(
        {trailer.name_id, std::string(path, path_bytes), trailer.truncated != 0});
    return 0;
}

void Books::drain_names() {
    const std::lock_guard lock(ring_mutex_);
    ring_buffer__consume(ring_.get());
}

std::vector<FileName> Books::take_names() {
    const std::lock_guard lock(ring_mutex_);
    ring_buffer__consume(ring_.get());
    return std::exchange(waiting_names_, {});
}

int Books::name_ring_fd() const {
    return ring_buffer__epoll_fd(ring_.get());
}

Result<ReadSnapshot> Books::read() {
    ReadSnapshot snapshot;
    read_sums(snapshot);
    read_stats(snapshot);
    if (auto done = add_residues(snapshot); !done) return fail(done.error());
    read_errnos(snapshot);
    read_durations(snapshot);
    // Last: a name is announced before its sum is made, so every sum above has its name here,
    // unless the ring was full.
    snapshot.new_names = take_names();
    return snapshot;
}

void Books::read_sums(ReadSnapshot& snapshot) {
    const std::uint64_t live = skeleton_->bss->stats.sums_created;
    snapshot.sums.reserve(live);
    std::fill(place_of_.begin(), place_of_.end(), 0);
    // Ids are handed out in order; the few that were given back leave gaps.
    for (std::uint32_t id = 1; id < sums_.size() && snapshot.sums.size() < live; id++) {
        const volatile vfswatch_sum& shared = sums_[id];
        if (!shared.live) continue;
        const ReadCounts counts = {shared.bytes, shared.calls, shared.errors, shared.eofs};
        snapshot.sums.push_back({id, sums_[id].key, counts});
        place_of_[id] = static_cast<std::uint32_t>(snapshot.sums.size());
    }
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
    const UniqueFd fd(bpf_iter_create(bpf_link__fd(iterator_.get())));
    if (!fd) return fail(errno_error(errno, "iterate over the tasks"));
    std::array<vfswatch_residue, kResiduesPerRead> residues;
    for (;;) {
        const ssize_t bytes = ::read(fd.get(), residues.data(), sizeof(residues));
        if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (bytes < 0) return fail(errno_error(errno, "iterate over the tasks"));
        if (bytes == 0) return {};
        const auto count = static_cast<std::size_t>(bytes) / sizeof(vfswatch_residue);
        for (std::size_t i = 0; i < count; i++)
            add_residue(residues.at(i), snapshot);
    }
}

void Books::add_residue(const vfswatch_residue& residue, ReadSnapshot& snapshot) const {
    if (residue.sum_id != 0) {
        // A sum made after the sums were read waits for the next snapshot.
        if (residue.sum_id < place_of_.size() && place_of_[residue.sum_id] != 0)
            add(snapshot.sums[place_of_[residue.sum_id] - 1].counts, residue);
    } else if (residue.unattributed != 0) {
        if (residue.unattributed <= snapshot.unattributed.size())
            add(snapshot.unattributed[residue.unattributed - 1].second, residue);
    } else {
        for (std::size_t target = 0; target < snapshot.overflow.size(); target++)
            if (residue.targets >> target & 1) add(snapshot.overflow[target], residue);
    }
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

KernelDrops Books::drops() const {
    const vfswatch_stats& stats = skeleton_->bss->stats;
    return {stats.name_ring_full, stats.residue_torn,
            stats.unattributed[VFSWATCH_UNATTRIBUTED_TASK_TABLE_FULL].calls};
}

}  // namespace vfswatchd
