// SPDX-License-Identifier: Apache-2.0
#include "kernel/snippet_record.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <string>

#include "bpf/vfswatch_abi.h"

namespace vfswatchd {
namespace {

/// MAX_ERRNO: what the kernel returns as an error.
constexpr std::uint32_t kLargestErrno = 4095;

/// Of CLOCK_MONOTONIC, as the kernel's are.
std::uint64_t now_ns() {
    const std::chrono::nanoseconds now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(now.count());
}

bool is_plausible(const vfswatch_snippet& head, std::size_t tail_bytes) {
    // As 64 bits: their sum does not fit 32.
    const std::uint64_t told = std::uint64_t{head.path_bytes} + head.data_bytes;
    return told == tail_bytes && head.path_bytes <= VFSWATCH_PATH_BYTES &&
           head.data_bytes <= VFSWATCH_SNIPPET_BYTES && head.data_bytes <= head.bytes &&
           head.targets != 0 && head.fault <= kLargestErrno &&
           (head.fault == 0 || head.data_bytes == 0) && head.offset >= -1 &&
           head.time_ns <= now_ns();
}

std::string comm_of(const vfswatch_snippet& head) {
    return {std::begin(head.comm), std::find(std::begin(head.comm), std::end(head.comm), '\0')};
}

}  // namespace

std::optional<Snippet> decode_snippet(std::span<const std::byte> record) {
    vfswatch_snippet head{};
    if (record.size() < sizeof(head)) return std::nullopt;
    std::memcpy(&head, record.data(), sizeof(head));
    const std::string tail(reinterpret_cast<const char*>(record.data()) + sizeof(head),
                           record.size() - sizeof(head));
    if (!is_plausible(head, tail.size())) return std::nullopt;
    Snippet snippet;
    snippet.targets = head.targets;
    snippet.time = std::chrono::nanoseconds(head.time_ns);
    snippet.path = tail.substr(0, head.path_bytes);
    if (head.offset >= 0) snippet.offset = static_cast<std::uint64_t>(head.offset);
    snippet.bytes = head.bytes;
    snippet.requested = head.requested;
    snippet.pid = head.tgid;
    snippet.tid = head.tid;
    snippet.uid = head.uid;
    snippet.comm = comm_of(head);
    snippet.fault = static_cast<int>(head.fault);
    snippet.data = tail.substr(head.path_bytes);
    return snippet;
}

}  // namespace vfswatchd
