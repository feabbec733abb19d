// SPDX-License-Identifier: Apache-2.0
#include "live/meter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <utility>

#include "live/sample.h"

namespace vfswatchd {
namespace {

// What a wrong or hostile endpoint can make us keep. The daemon's own ceiling is some 300,000
// series; a path of 4,095 bytes takes five times that where each is escaped, a cgroup as much.
constexpr std::size_t kMostSeries = 1'000'000;
constexpr std::size_t kMostTargets = 10'000;
constexpr std::size_t kMostLineBytes = std::size_t{1} << 17U;

// The kernel's clock of Unix time is set by NTP, so that the same start is not always shown as the
// same number.
constexpr double kSameStartSeconds = 1.5;

constexpr std::string_view kPrefix = "vfswatch_";
constexpr std::string_view kStart = "process_start_time_seconds";

/// Adds each error to its target. One without a call of its target was counted on another page.
void add_errors(std::vector<Growth>& targets, const std::vector<Growth>& errors) {
    for (const Growth& error : errors) {
        const std::string_view name = label_value(*error.labels, "target");
        const auto at = std::find_if(targets.begin(), targets.end(), [&](const Growth& target) {
            return label_value(*target.labels, "target") == name;
        });
        if (at != targets.end()) at->counts.errors += error.counts.errors;
    }
}

ReadCounts total(const std::vector<Growth>& grown) {
    ReadCounts sum;
    for (const Growth& growth : grown) {
        sum.bytes += growth.counts.bytes;
        sum.calls += growth.counts.calls;
    }
    return sum;
}

}  // namespace

const Meter::Family* Meter::family_of(std::string_view name) {
    // The catalogue's counters of reads.
    static constexpr auto kFamilies = std::to_array<Family>({
        {"file_read_bytes_total", Subject::kFile, &ReadCounts::bytes},
        {"file_read_calls_total", Subject::kFile, &ReadCounts::calls},
        {"file_read_errors_total", Subject::kFile, &ReadCounts::errors},
        {"target_read_bytes_total", Subject::kTarget, &ReadCounts::bytes},
        {"target_read_calls_total", Subject::kTarget, &ReadCounts::calls},
        {"target_read_errors_total", Subject::kTargetError, &ReadCounts::errors},
        {"overflow_read_bytes_total", Subject::kOverflow, &ReadCounts::bytes},
        {"overflow_read_calls_total", Subject::kOverflow, &ReadCounts::calls},
    });
    const auto* const found =
        std::find_if(kFamilies.begin(), kFamilies.end(),
                     [&](const Family& family) { return family.name == name; });
    return found == kFamilies.end() ? nullptr : found;
}

History& Meter::history_of(Subject subject) {
    switch (subject) {
        case Subject::kFile:
            return files_;
        case Subject::kTarget:
            return targets_;
        case Subject::kTargetError:
            return target_errors_;
        case Subject::kOverflow:
            break;
    }
    return overflow_;
}

Meter::Meter()
    : files_(kMostSeries),
      targets_(kMostTargets),
      target_errors_(kMostTargets),
      overflow_(kMostTargets) {}

void Meter::begin() {
    for (History* history : {&files_, &targets_, &target_errors_, &overflow_})
        history->begin_page();
    rest_.clear();
    line_ = 0;
    ours_ = false;
    start_.reset();
}

Result<void> Meter::take(std::string_view piece) {
    while (true) {
        const std::size_t end = piece.find('\n');
        if (rest_.size() + std::min(end, piece.size()) > kMostLineBytes)
            return fail(plain_error("line " + std::to_string(line_ + 1) + ": too long"));
        if (end == std::string_view::npos) break;
        const std::string_view begun = piece.substr(0, end);
        piece.remove_prefix(end + 1);
        Result<void> taken;
        if (rest_.empty()) {
            taken = take_line(begun);
        } else {
            rest_ += begun;
            taken = take_line(rest_);
            rest_.clear();
        }
        if (!taken) return taken;
    }
    rest_ += piece;
    return {};
}

Result<void> Meter::take_line(std::string_view line) {
    ++line_;
    if (line.empty() || line.front() == '#') return {};
    const auto taken = take_sample(line);
    if (!taken) return fail(taken.error().within("line " + std::to_string(line_)));
    return {};
}

Result<void> Meter::take_sample(std::string_view line) {
    const std::string_view name = sample_name(line);
    if (name.empty()) return fail(plain_error("no metric's name"));
    const bool ours = name.starts_with(kPrefix);
    ours_ = ours_ || ours;
    const Family* family = ours ? family_of(name.substr(kPrefix.size())) : nullptr;
    if (family == nullptr && name != kStart) return {};
    const auto sample = split_sample(line);
    if (!sample) return fail(sample.error());
    if (family == nullptr) return take_start(sample->value);
    const auto value = parse_count(sample->value);
    if (!value) return fail(value.error());
    if (!*value) return {};
    return history_of(family->subject).add(sample->labels, family->field, **value);
}

Result<void> Meter::take_start(std::string_view value) {
    double start = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), start);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size())
        return fail(plain_error("a value that is no number"));
    start_ = start;
    return {};
}

bool Meter::restarted() const {
    return start_ && last_start_ && std::abs(*start_ - *last_start_) > kSameStartSeconds;
}

Result<std::optional<Interval>> Meter::finish(Clock::time_point time) {
    Result<void> whole;
    if (!rest_.empty())
        whole = fail(plain_error("line " + std::to_string(line_ + 1) + ": it has no end"));
    else if (!ours_)
        whole = fail(plain_error("no metric of vfswatchd's in it"));
    if (!whole) {
        abandon();
        return fail(whole.error());
    }
    // One process lets each series begin at 0. What another one shows first may be of any age.
    const bool same = start_ && last_start_ && !restarted();
    const NewSeries began = same ? NewSeries::kAtZero : NewSeries::kUnknown;
    Interval interval;
    interval.files = files_.keep_page(began);
    interval.overflow = total(overflow_.keep_page(began));
    interval.targets = targets_.keep_page(began);
    add_errors(interval.targets, target_errors_.keep_page(began));
    interval.series = files_.size();
    interval.target_count = targets_.size();
    interval.restarted = restarted();
    if (last_time_) interval.seconds = std::chrono::duration<double>(time - *last_time_).count();
    last_time_ = time;
    last_start_ = start_;
    if (interval.seconds <= 0) return std::optional<Interval>();
    return std::optional(std::move(interval));
}

void Meter::abandon() {
    for (History* history : {&files_, &targets_, &target_errors_, &overflow_})
        history->drop_page();
}

}  // namespace vfswatchd
