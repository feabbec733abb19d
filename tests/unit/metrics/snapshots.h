// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/exposition.h"
#include "metrics/series_table.h"
#include "model/reads.h"

namespace vfswatchd {

inline constexpr std::uint64_t kAbove2To53 = 9007199254740993;  // no double has this value

struct Reader {
    std::uint32_t tgid = 0;
    std::uint32_t uid = 0;
    std::string_view comm = "";
    std::uint32_t call = 0;  ///< as vfswatch_sum_key has it
    std::uint64_t cgroup = 0;
    std::uint64_t inode = 0;
    std::uint32_t device = 0;
};

inline ReadSum make_sum(std::uint32_t id, TargetMask targets, std::uint64_t path, ReadCounts counts,
                        const Reader& reader = {}) {
    ReadSum sum;
    sum.id = id;
    sum.key.targets = targets;
    sum.key.path = path;
    sum.key.tgid = reader.tgid;
    sum.key.uid = reader.uid;
    sum.key.call = reader.call;
    sum.key.cgroup = reader.cgroup;
    sum.key.inode = reader.inode;
    sum.key.device = reader.device;
    std::memcpy(sum.key.comm, reader.comm.data(),
                std::min(reader.comm.size(), sizeof(sum.key.comm)));
    sum.counts = counts;
    return sum;
}

inline ReadSnapshot make_snapshot(std::vector<ReadSum> sums, std::vector<FileName> names = {}) {
    ReadSnapshot snapshot;
    snapshot.sums = std::move(sums);
    snapshot.new_names = std::move(names);
    return snapshot;
}

/// "labels bytes/calls/errors/eofs" of every series, sorted.
inline std::vector<std::string> series_of(const SeriesTable& table) {
    std::vector<std::string> lines;
    for (const SeriesRow& row : table.rows()) {
        lines.push_back(std::string(row.labels.view()) + ' ' + std::to_string(row.counts.bytes) +
                        '/' + std::to_string(row.counts.calls) + '/' +
                        std::to_string(row.counts.errors) + '/' + std::to_string(row.counts.eofs));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

inline std::string read_all(ScrapeStream stream, std::size_t chunk_bytes) {
    std::string page;
    std::vector<char> chunk(chunk_bytes);
    while (const std::size_t got = stream.read(chunk.data(), chunk.size())) {
        page.append(chunk.data(), got);
    }
    return page;
}

inline ScrapeStream stream_of(SeriesPage page) {
    return ScrapeStream(std::make_shared<const SeriesPage>(std::move(page)));
}

inline std::string text_of(SeriesPage page, std::size_t chunk_bytes = 4096) {
    return read_all(stream_of(std::move(page)), chunk_bytes);
}

}  // namespace vfswatchd
