// SPDX-License-Identifier: Apache-2.0
#include "policy/foundation.h"

#include <cstddef>
#include <optional>

// Raised when the meaning of what is kept changes though no size below does. The build of a version
// to come, which restarts.py upgrades to, says another.
#ifndef VFSWATCHD_LAYOUT_VERSION
#define VFSWATCHD_LAYOUT_VERSION 3
#endif

namespace vfswatchd {
namespace {

constexpr std::uint32_t kLayoutVersion = VFSWATCHD_LAYOUT_VERSION;

/// 0 stands for no wish.
template <typename Method>
int number_of(const std::optional<Method>& wish) {
    return wish ? static_cast<int>(*wish) + 1 : 0;
}

template <typename Method>
std::optional<Method> wish_of(int number) {
    if (number == 0) return std::nullopt;
    return static_cast<Method>(number - 1);
}

std::string too_small(const char* key, std::uint32_t now, std::uint32_t kept) {
    if (now <= kept) return "";
    return std::string("limits.") + key + ": " + std::to_string(now) + " is more than the " +
           std::to_string(kept) + " that the kernel's tables have been made for";
}

}  // namespace

void Foundation::save(ByteWriter& out) const {
    out.put(max_files);
    out.put(max_tasks);
    out.put(number_of(probe.accounting));
    out.put(number_of(probe.exit));
}

Foundation Foundation::load(ByteReader& in) {
    Foundation foundation;
    foundation.max_files = in.get<std::uint32_t>();
    foundation.max_tasks = in.get<std::uint32_t>();
    foundation.probe.accounting = wish_of<AccountingMethod>(in.get<int>());
    foundation.probe.exit = wish_of<ExitMethod>(in.get<int>());
    return foundation;
}

Foundation foundation_of(const Config& config) {
    return {config.limits.max_files, config.limits.max_tasks, config.probe};
}

std::string obstacle(const Foundation& kept, const Config& config) {
    const Limits& limits = config.limits;
    if (auto text = too_small("max_files", limits.max_files, kept.max_files); !text.empty())
        return text;
    if (auto text = too_small("max_tasks", limits.max_tasks, kept.max_tasks); !text.empty())
        return text;
    if (config.probe.accounting != kept.probe.accounting || config.probe.exit != kept.probe.exit)
        return "probe: other methods are asked for than those that count now";
    return "";
}

std::string layout() {
    ByteWriter writer;
    writer.put(kLayoutVersion);
    for (const std::size_t bytes :
         {sizeof(vfswatch_name_key), sizeof(vfswatch_name), sizeof(vfswatch_sum_key),
          sizeof(vfswatch_sum_place), sizeof(vfswatch_sum), sizeof(vfswatch_run),
          sizeof(vfswatch_process), sizeof(vfswatch_name_trailer), sizeof(vfswatch_stats)})
        writer.put(std::uint64_t{bytes});
    return writer.bytes();
}

}  // namespace vfswatchd
