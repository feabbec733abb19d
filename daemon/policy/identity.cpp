// SPDX-License-Identifier: Apache-2.0
#include "policy/identity.h"

#include <cstdint>

#include "base/bytes.h"
#include "policy/lower.h"

namespace vfswatchd {
namespace {

/// Raised when the meaning of what is kept changes though no size below does.
constexpr std::uint32_t kLayoutVersion = 1;

std::string layout() {
    ByteWriter writer;
    writer.put(kLayoutVersion);
    for (const std::size_t bytes :
         {sizeof(vfswatch_name_key), sizeof(vfswatch_name), sizeof(vfswatch_sum_key),
          sizeof(vfswatch_sum_place), sizeof(vfswatch_sum), sizeof(vfswatch_run),
          sizeof(vfswatch_process), sizeof(vfswatch_path_state), sizeof(vfswatch_name_trailer),
          sizeof(vfswatch_stats), sizeof(vfswatch_settings)})
        writer.put(std::uint64_t{bytes});
    return writer.bytes();
}

void put_target(ByteWriter& writer, const Target& target) {
    writer.put_text(target.name);
    const LabelFields& labels = target.labels;
    for (const bool shown : {labels.pid, labels.comm, labels.uid, labels.unit, labels.cgroup,
                             labels.device, labels.inode, labels.call, target.latency})
        writer.put(static_cast<std::uint8_t>(shown));
}

void put_filter(ByteWriter& writer, const Filter& filter) {
    writer.put(filter.settings);
    writer.put_count(filter.processes.size());
    for (const ProcessRow& row : filter.processes) {
        writer.put(row.tgid);
        writer.put(row.targets);
    }
    writer.put_count(filter.comms.size());
    for (const CommRow& row : filter.comms) {
        writer.put(row.comm);
        writer.put(row.targets);
    }
    writer.put_count(filter.uids.size());
    for (const UidRow& row : filter.uids) {
        writer.put(row.uid);
        writer.put(row.targets);
    }
    for (const vfswatch_path_state& state : filter.path_states)
        writer.put(state);
}

/// FNV-1a, twice as wide as what chance could hit in a machine's lifetime.
std::string digest(const std::string& bytes) {
    ByteWriter writer;
    for (std::uint64_t hash : {0xcbf29ce484222325ULL, 0x84222325cbf29ce4ULL}) {
        for (const char byte : bytes)
            hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
        writer.put(hash);
    }
    return writer.bytes();
}

}  // namespace

Identity identity_of(const Config& config, const Filter& filter) {
    ByteWriter writer;
    for (const Target& target : describe_targets(config))
        put_target(writer, target);
    put_filter(writer, filter);
    const TableSizes sizes = table_sizes(config, filter);
    writer.put(sizes);
    writer.put(config.limits.max_series);
    // A method that is wished for now may not be the one in use.
    writer.put(config.probe.accounting ? static_cast<int>(*config.probe.accounting) : -1);
    writer.put(config.probe.exit ? static_cast<int>(*config.probe.exit) : -1);
    return {layout(), digest(writer.bytes())};
}

}  // namespace vfswatchd
