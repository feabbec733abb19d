// SPDX-License-Identifier: Apache-2.0
#include "policy/predict.h"

#include <algorithm>
#include <bit>

#include "bpf/vfswatch_abi.h"
#include "model/snippet.h"

namespace vfswatchd {
namespace {

constexpr std::uint64_t kPageBytes = 4096;

// Sizes of the kernel's own structs on 64 bits; a release or its debug options may change them by
// a few hundred bytes a map. Source: kernel/bpf/{arraymap,hashtab,queue_stack_maps,ringbuf}.c.
constexpr std::uint64_t kMapHeaderBytes = 320;   // struct bpf_array and its like
constexpr std::uint64_t kHashHeaderBytes = 704;  // struct bpf_htab
constexpr std::uint64_t kHashBucketBytes = 16;   // struct bucket
constexpr std::uint64_t kHashElementBytes = 48;  // struct htab_elem without key and value
constexpr std::uint64_t kHashLockBytes = 32;     // map_locked, for each CPU; gone since 6.15
constexpr std::uint64_t kRingMetaPages = 3;      // struct bpf_ringbuf, consumer, producer
constexpr std::uint64_t kPointerBytes = 8;

/// struct walk of bpf/maps.bpf.h: four __u32 and a hash, room for two paths, and the ring record's
/// trailer.
constexpr std::uint64_t kWalkBytes = 24 + 2 * VFSWATCH_PATH_BYTES + sizeof(vfswatch_name_trailer);

/// struct snippet_room of bpf/maps.bpf.h: the ring's record with room for the longest path and
/// data.
constexpr std::uint64_t kSnippetRoomBytes =
    sizeof(vfswatch_snippet) + VFSWATCH_PATH_BYTES + VFSWATCH_SNIPPET_BYTES;

/// samples_due_ns of bpf/snippet.bpf.h
constexpr std::uint64_t kSamplesDueBytes = VFSWATCH_MAX_TARGETS * sizeof(std::uint64_t);

/// Of a file row: bytes, calls, errors, eofs.
constexpr std::uint64_t kSeriesPerFile = 4;

/// Of a target: bytes, calls, both overflows by two reasons, info, and each error that can be
/// told apart.
constexpr std::uint64_t kSeriesPerTarget = 2 + 2 * 2 + 1 + VFSWATCH_ERRNO_SLOTS;

/// Of a target that shows how long its reads take: the buckets, _sum and _count.
constexpr std::uint64_t kSeriesPerHistogram = VFSWATCH_DURATION_BUCKETS + 2;

/// Of a target that samples: each outcome, and how many were taken.
constexpr std::uint64_t kSeriesPerSampling = kSnippetOutcomes.size() + 1;

constexpr std::uint64_t round_up(std::uint64_t bytes, std::uint64_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

std::uint64_t element_bytes(std::uint64_t key, std::uint64_t value) {
    return kHashElementBytes + round_up(key, 8) + round_up(value, 8);
}

/// Preallocated, as hashes are by default.
std::uint64_t hash_bytes(std::uint64_t entries, std::uint64_t key, std::uint64_t value,
                         std::uint64_t cpus) {
    return kHashHeaderBytes + kHashBucketBytes * std::bit_ceil(entries) + kHashLockBytes * cpus +
           element_bytes(key, value) * (entries + cpus) + kPointerBytes * cpus;
}

std::uint64_t lru_hash_bytes(std::uint64_t entries, std::uint64_t key, std::uint64_t value,
                             std::uint64_t cpus) {
    return kHashHeaderBytes + kHashBucketBytes * std::bit_ceil(entries) + kHashLockBytes * cpus +
           element_bytes(key, value) * entries;
}

std::uint64_t array_bytes(std::uint64_t entries, std::uint64_t value) {
    return kMapHeaderBytes + entries * round_up(value, 8);
}

std::uint64_t mappable_array_bytes(std::uint64_t entries, std::uint64_t value) {
    return round_up(kMapHeaderBytes, kPageBytes) +
           round_up(entries * round_up(value, 8), kPageBytes);
}

/// Of a queue or stack, which keeps one place free.
std::uint64_t queue_bytes(std::uint64_t entries, std::uint64_t value) {
    return kMapHeaderBytes + (entries + 1) * value;
}

/// The data pages are mapped twice in a row, which costs their page table only.
std::uint64_t ring_bytes(std::uint64_t bytes) {
    const std::uint64_t data_pages = bytes / kPageBytes;
    return kMapHeaderBytes + (kRingMetaPages + data_pages) * kPageBytes +
           (kRingMetaPages + 2 * data_pages) * kPointerBytes;
}

std::vector<MapBytes> map_bytes(const TableSizes& sizes, std::uint64_t cpus) {
    const std::uint64_t files = sizes.max_files;
    // No table may be empty.
    const std::uint64_t processes = std::max(sizes.processes, 1U);
    const std::uint64_t comms = std::max(sizes.comms, 1U);
    const std::uint64_t uids = std::max(sizes.uids, 1U);
    // Beside these only a few texts; what a walk, a run and a snippet start from lies in .rodata.
    const std::uint64_t bss = VFSWATCH_TGID_LIMIT / 8 + sizeof(vfswatch_stats) + kSamplesDueBytes;
    const std::uint64_t rodata =
        sizeof(vfswatch_settings) + kWalkBytes + sizeof(vfswatch_run) + kSnippetRoomBytes;
    return {
        {"runs", hash_bytes(sizes.max_tasks, 8, sizeof(vfswatch_run), cpus)},
        {"names", lru_hash_bytes(files + VFSWATCH_MORE_NAMES, sizeof(vfswatch_name_key),
                                 sizeof(vfswatch_name), cpus)},
        {"sum_places",
         hash_bytes(files, sizeof(vfswatch_sum_key), sizeof(vfswatch_sum_place), cpus)},
        {"sums", mappable_array_bytes(files + 1, sizeof(vfswatch_sum))},
        {"free_sums", queue_bytes(files, 4)},
        {"processes", hash_bytes(processes, 4, sizeof(vfswatch_process), cpus)},
        {"comms", hash_bytes(comms, VFSWATCH_COMM_BYTES, 8, cpus)},
        {"uids", hash_bytes(uids, 4, 8, cpus)},
        {"cgroups", lru_hash_bytes(VFSWATCH_MAX_CGROUPS, 8, 4, cpus)},
        {"renames", hash_bytes(VFSWATCH_MAX_RENAMES, 8, 4, cpus)},
        {"path_states", array_bytes(sizes.path_states, sizeof(vfswatch_path_state))},
        {"walks", hash_bytes(VFSWATCH_MAX_WALKS, 8, kWalkBytes, cpus)},
        {"resolver", array_bytes(1, kPointerBytes)},
        {"name_ring", ring_bytes(VFSWATCH_NAME_RING_BYTES)},
        {"snippet_rooms", hash_bytes(sizes.snippets, 8, kSnippetRoomBytes, cpus)},
        {"snippet_ring", ring_bytes(sizes.snippet_ring_bytes)},
        {".bss", mappable_array_bytes(1, bss)},
        {".rodata", mappable_array_bytes(1, rodata)},
    };
}

}  // namespace

Prediction predict(const TableSizes& sizes, const Config& config, std::uint32_t possible_cpus) {
    Prediction prediction;
    prediction.maps = map_bytes(sizes, possible_cpus);
    for (const MapBytes& map : prediction.maps)
        prediction.kernel_bytes += map.bytes;
    prediction.worst_case_series = kSeriesPerFile * config.limits.max_series;
    for (const TargetConfig& target : config.targets) {
        prediction.worst_case_series += kSeriesPerTarget;
        if (target.latency) prediction.worst_case_series += kSeriesPerHistogram;
        if (target.snippets) prediction.worst_case_series += kSeriesPerSampling;
    }
    return prediction;
}

}  // namespace vfswatchd
