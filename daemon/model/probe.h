// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace vfswatchd {

/// Where reads are counted from: the rungs of the accounting ladder.
enum class AccountingMethod {
    kLsm,          ///< at the permission check, as an LSM program
    kFentry,       ///< there, as fentry: exact where the kernel does not preempt programs
    kKprobeMulti,  ///< there, as kprobe.multi
    kExit,         ///< at the reads' ends, by the exit method; what it misses is not counted
};

/// How the ends of reads are seen: the rungs of the exit ladder.
enum class ExitMethod {
    kFexit,        ///< exact where the kernel does not preempt programs
    kKprobeMulti,  ///< kprobe.multi and kretprobe.multi
    kKprobe,       ///< tracefs kprobe and kretprobe; needs CAP_SYS_ADMIN
    kOff,          ///< not at all: no errors, ends of file, durations
};

template <typename Method>
struct MethodWord {
    std::string_view word;  ///< in the config, in labels and messages
    Method method;
};

inline constexpr std::array<MethodWord<AccountingMethod>, 4> kAccountingMethods = {{
    {"lsm", AccountingMethod::kLsm},
    {"fentry", AccountingMethod::kFentry},
    {"kprobe_multi", AccountingMethod::kKprobeMulti},
    {"exit", AccountingMethod::kExit},
}};

inline constexpr std::array<MethodWord<ExitMethod>, 4> kExitMethods = {{
    {"fexit", ExitMethod::kFexit},
    {"kprobe_multi", ExitMethod::kKprobeMulti},
    {"kprobe", ExitMethod::kKprobe},
    {"off", ExitMethod::kOff},
}};

template <typename Method, std::size_t kCount>
[[nodiscard]] constexpr std::string_view word_of(
    const std::array<MethodWord<Method>, kCount>& words, Method method) {
    for (const MethodWord<Method>& entry : words)
        if (entry.method == method) return entry.word;
    return "";
}
[[nodiscard]] constexpr std::string_view method_name(AccountingMethod method) {
    return word_of(kAccountingMethods, method);
}
[[nodiscard]] constexpr std::string_view method_name(ExitMethod method) {
    return word_of(kExitMethods, method);
}

/// How reads are counted and their ends seen.
struct ProbeMethods {
    AccountingMethod accounting = AccountingMethod::kLsm;
    ExitMethod exit = ExitMethod::kFexit;
    /// False under lockdown=confidentiality: targets that name no path are counted as a whole.
    bool paths = true;

    friend bool operator==(const ProbeMethods&, const ProbeMethods&) = default;
};

/// What the configuration asks for; absent: auto, the best that this kernel offers.
struct ProbeWishes {
    std::optional<AccountingMethod> accounting;
    std::optional<ExitMethod> exit;

    friend bool operator==(const ProbeWishes&, const ProbeWishes&) = default;
};

}  // namespace vfswatchd
