// SPDX-License-Identifier: Apache-2.0
#include "metrics/histogram.h"

#include <array>
#include <charconv>

#include "metrics/escape.h"

namespace vfswatchd {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::size_t kNsDigits = 9;

/// `vfswatch_target_read_duration_seconds_bucket{target="a"`: the name and what is left to close.
std::string line_start(const Metric& metric, std::string_view suffix, std::string_view target) {
    std::string start;
    start.append(metric.name).append(suffix).append("{");
    append_label(start, "target", target);
    return start;
}

}  // namespace

std::string exact_seconds(std::uint64_t ns) {
    std::string text = std::to_string(ns / kNsPerSecond);
    if (ns % kNsPerSecond == 0) return text;
    const std::string fraction = std::to_string(ns % kNsPerSecond);
    text.append(".").append(kNsDigits - fraction.size(), '0').append(fraction);
    text.erase(text.find_last_not_of('0') + 1);
    return text;
}

std::string bucket_end(std::size_t bucket) {
    if (bucket + 1 >= VFSWATCH_DURATION_BUCKETS) return "+Inf";
    const std::uint64_t ns = std::uint64_t{VFSWATCH_DURATION_UNIT_NS} << bucket;
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(),
                                   static_cast<double>(ns) / static_cast<double>(kNsPerSecond));
    return {text.data(), end.ptr};
}

void append_histogram(std::string& out, const Metric& metric, std::string_view target,
                      const ReadDurations& durations) {
    const std::string bucket_start = line_start(metric, "_bucket", target);
    std::uint64_t count = 0;
    for (std::size_t bucket = 0; bucket < durations.buckets.size(); ++bucket) {
        count += durations.buckets[bucket];
        out.append(bucket_start).append(",le=\"").append(bucket_end(bucket)).append("\"} ");
        out.append(std::to_string(count)).append("\n");
    }
    out.append(line_start(metric, "_sum", target)).append("} ");
    out.append(exact_seconds(durations.sum_ns)).append("\n");
    out.append(line_start(metric, "_count", target)).append("} ");
    out.append(std::to_string(count)).append("\n");
}

}  // namespace vfswatchd
