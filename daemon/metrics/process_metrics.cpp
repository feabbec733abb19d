// SPDX-License-Identifier: Apache-2.0
#include "metrics/process_metrics.h"

#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace vfswatchd {
namespace {

std::optional<double> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return static_cast<double>(value);
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

/// The words of the first line that starts with the prefix, without it.
std::vector<std::string> words_after(const std::string& file, const std::string& prefix) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with(prefix)) return words_of(line.substr(prefix.size()));
    }
    return {};
}

/// One line of numbers by their place, as proc(5) counts fields, from 1.
class StatFields {
  public:
    /// Counting starts behind the comm, which may itself hold spaces and parentheses.
    explicit StatFields(const std::string& file) {
        std::ifstream stream(file);
        std::string line;
        std::getline(stream, line);
        const std::size_t comm_end = line.rfind(')');
        if (comm_end != std::string::npos) words_ = words_of(line.substr(comm_end + 1));
    }

    [[nodiscard]] std::optional<double> at(std::size_t field) const {
        constexpr std::size_t kFirstField = 3;
        const std::size_t place = field - kFirstField;
        return place < words_.size() ? parse_number(words_[place]) : std::nullopt;
    }

  private:
    std::vector<std::string> words_;
};

std::optional<double> scaled(std::optional<double> value, double factor) {
    if (value.has_value()) *value *= factor;
    return value;
}

std::optional<double> sum(std::optional<double> left, std::optional<double> right) {
    if (!left.has_value() || !right.has_value()) return std::nullopt;
    return *left + *right;
}

std::optional<double> count_entries(const std::string& folder) {
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    double count = 0;
    while (!error && entry != std::filesystem::directory_iterator()) {
        ++count;
        entry.increment(error);
    }
    if (error) return std::nullopt;
    return count;
}

std::optional<double> first_number(const std::vector<std::string>& words) {
    return words.empty() ? std::nullopt : parse_number(words.front());
}

}  // namespace

ProcessMetrics read_process_metrics(const std::string& proc_root) {
    constexpr std::size_t kUtime = 14;
    constexpr std::size_t kStime = 15;
    constexpr std::size_t kThreads = 20;
    constexpr std::size_t kStartTime = 22;
    constexpr std::size_t kVirtualBytes = 23;
    constexpr std::size_t kResidentPages = 24;

    const std::string self = proc_root + "/self";
    const StatFields stat(self + "/stat");
    const double tick_seconds = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));

    ProcessMetrics metrics;
    metrics.cpu_seconds = scaled(sum(stat.at(kUtime), stat.at(kStime)), tick_seconds);
    metrics.open_fds = count_entries(self + "/fd");
    metrics.max_fds = first_number(words_after(self + "/limits", "Max open files"));
    metrics.virtual_memory_bytes = stat.at(kVirtualBytes);
    metrics.resident_memory_bytes = scaled(stat.at(kResidentPages), page_bytes);
    metrics.start_time_seconds = sum(first_number(words_after(proc_root + "/stat", "btime ")),
                                     scaled(stat.at(kStartTime), tick_seconds));
    metrics.threads = stat.at(kThreads);
    return metrics;
}

}  // namespace vfswatchd
