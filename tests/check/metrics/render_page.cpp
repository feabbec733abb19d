// SPDX-License-Identifier: Apache-2.0
// Prints a page that holds every family and the names that are hardest to write.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/collector.h"

namespace {

using namespace vfswatchd;

std::string utf8_name_of_255_bytes() {
    std::string name;
    while (name.size() < 255)
        name += "€";
    return name;
}

constexpr LabelFields kAllFields{.pid = true,
                                 .comm = true,
                                 .uid = true,
                                 .unit = true,
                                 .cgroup = true,
                                 .device = true,
                                 .inode = true,
                                 .call = true};

ReadSnapshot awkward_snapshot() {
    const std::vector<std::string> paths = {
        "/plain", "/quote\"",       "/backslash\\", "/newline\n", "/byte\xff",
        "/\x7f",  "/\xed\xa0\x80x", "pipe:",        "",           "/" + utf8_name_of_255_bytes()};
    constexpr std::uint64_t kAbove2To53 = 9007199254740993;
    ReadSnapshot snapshot;
    snapshot.new_cgroups = {{1, "/a.slice/\\x2d\"\n\xff.service"}};
    for (std::uint32_t i = 0; i < paths.size(); ++i) {
        snapshot.new_names.push_back({i, paths[i], false});
        ReadSum sum;
        sum.id = i + 1;
        sum.key.targets = 3;
        sum.key.path = i;
        sum.key.comm[0] = '\xff';
        sum.key.call = i;
        sum.key.cgroup = i % 2;
        sum.key.inode = i;
        sum.counts = {kAbove2To53 + i, i + 1, i % 2, i % 3};
        snapshot.sums.push_back(sum);
    }
    snapshot.errnos = {{0, EIO, 4}, {1, EIO, 4}, {0, EAGAIN, 1}, {1, 0, 2}};
    snapshot.durations.resize(2);
    snapshot.durations[1].buckets = {3, 2, 1};
    snapshot.durations[1].buckets.back() = kAbove2To53;
    snapshot.durations[1].sum_ns = kAbove2To53;
    snapshot.overflow = {{1, 1, 0, 0}, {}};
    snapshot.unattributed = {{"task_table_full", {}}, {"path_unresolved", {3, 1, 0, 0}}};
    return snapshot;
}

SelfMetrics full_self_metrics() {
    SelfMetrics self;
    self.build = {"0.1.0", "0000000", "g++ 12", "1.1", "6.1.0 \"x\""};
    self.probes = {{"accounting", "security_file_permission", "lsm", true},
                   {"exit", "vfs_read", "fexit", true}};
    self.missed = {{"exit", "vfs_read", 3}};
    self.maps = {{"sums", 10, 65537, 5242880}, {"runs", std::nullopt, 32768, 4096}};
    self.dropped = {{"name_ring_full", 0}, {"residue_torn", 0}};
    self.snippets.emplace_back();
    self.config_last_reload_success_timestamp_seconds = 1700000000.5;
    self.web_config_last_reload_successful = false;
    self.last_scrape_duration_seconds = 0.0001;
    self.process = read_process_metrics();
    return self;
}

}  // namespace

int main() {
    Exposition exposition({{"every", {}, "", "/etc/**, **\\*"}, {"full", kAllFields, "", "", true}},
                          {15, std::chrono::minutes(15)});
    ScrapeStream stream(std::make_shared<const SeriesPage>(exposition.scrape(
        awkward_snapshot(), full_self_metrics(), std::chrono::steady_clock::now())));
    std::array<char, 4096> piece{};
    while (const std::size_t size = stream.read(piece.data(), piece.size())) {
        std::cout.write(piece.data(), static_cast<std::streamsize>(size));
    }
    return std::cout.flush() ? 0 : 1;
}
