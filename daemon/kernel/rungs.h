// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "model/probe.h"

namespace vfswatchd {

/// The programs of one accounting method: at the permission check at the start of each read, and
/// at the end of a task. Names of the BPF object's programs.
struct AccountingRung {
    AccountingMethod method;
    const char* account;
    const char* resolve;  ///< tail-called by `account`
    const char* end_task;
    const char* follow_child;      ///< where descendants of a process match too
    const char* account_function;  ///< the kernel's function, or the LSM hook
    const char* end_task_function;
    const char* follow_child_function;
    /// At exit_files(): settles a task's last reads where its end may be missed; else nullptr.
    const char* settle_task = nullptr;
};

inline constexpr const char* kSettleTaskFunction = "exit_files";

/// The accounting ladder, best rung first: what costs a read least among what is exact. The first
/// whose trial loses nothing is taken; so fentry is taken only where the kernel does not preempt
/// programs, and kprobe.multi where it does. Below the last one stands accounting at the ends of
/// reads (AccountingMethod::kExit), with the programs of an exit rung.
inline constexpr std::array<AccountingRung, 3> kAccountingLadder = {{
    {AccountingMethod::kLsm, "account_lsm", "resolve_lsm", "end_task_lsm", "follow_child_lsm",
     "file_permission", "task_free", "task_alloc"},
    {AccountingMethod::kFentry, "account_fentry", "resolve_fentry", "end_task_fentry",
     "follow_child_fentry", "security_file_permission", "security_task_free",
     "security_task_alloc"},
    {AccountingMethod::kKprobeMulti, "account_multi", "resolve_multi", "end_task_multi",
     "follow_child_multi", "security_file_permission", "security_task_free", "security_task_alloc",
     "settle_task_multi"},
}};

/// The programs of one exit method: for each of kReadFunctions one whose name is the prefix and
/// the function's name; `enter` is empty where the exit sees the arguments as well.
struct ExitRung {
    ExitMethod method;
    std::string_view enter;
    std::string_view leave;
    std::string_view snippet;  ///< at the end of kSnippetFunction, where targets sample
    bool accounts;             ///< can carry AccountingMethod::kExit
};

/// The exit ladder: first the cheapest, last the one that needs more than the unit has.
/// kprobe_multi is exact where fprobe stands on fgraph; the
/// tracefs probes everywhere, but they need CAP_SYS_ADMIN. Where no rung is exact the first that
/// attaches is taken, with its misses exported.
inline constexpr std::array<ExitRung, 3> kExitLadder = {{
    {ExitMethod::kFexit, "", "fexit_", "fexit_snippet", true},
    {ExitMethod::kKprobeMulti, "enter_multi_", "leave_multi_", "leave_multi_snippet", true},
    {ExitMethod::kKprobe, "enter_kprobe_", "leave_kprobe_", "leave_kprobe_snippet", false},
}};

/// The functions at whose ends reads end, of read and pread64; readv's family; sendfile;
/// copy_file_range; exec. The first is in every kernel; the others are left out where they are not.
inline constexpr std::array<std::string_view, 5> kReadFunctions = {
    "vfs_read", "vfs_readv", "do_splice_direct", "vfs_copy_file_range", "__kernel_read"};

/// Whose reads are sampled: of the others nobody has the buffer at hand.
inline constexpr std::string_view kSnippetFunction = kReadFunctions.front();

/// The programs at a function that changes many paths at once: at its start or its end or both,
/// by fentry and fexit, and by kprobe.multi for kernels whose fprobe stands on fgraph, where the
/// others may be skipped. Empty: none.
struct PathRung {
    std::string_view function;
    std::string_view enter;
    std::string_view leave;
    std::string_view enter_multi;
    std::string_view leave_multi;
};

/// A directory is renamed, and a tree of mounts was changed (mount, move, unmount, pivot_root).
inline constexpr std::array<PathRung, 2> kPathRungs = {{
    {"vfs_rename", "", "fexit_vfs_rename", "enter_multi_vfs_rename", "leave_multi_vfs_rename"},
    {"namespace_unlock", "fentry_namespace_unlock", "", "enter_multi_namespace_unlock", ""},
}};

/// Missed there, a task's reads are counted all the same, where they were settled before; its row
/// in the table of tasks is not given back.
[[nodiscard]] constexpr bool is_end_of_task(std::string_view function) {
    for (const AccountingRung& rung : kAccountingLadder)
        if (function == rung.end_task_function) return true;
    return false;
}

/// nullptr: kExit, kOff.
[[nodiscard]] constexpr const AccountingRung* accounting_rung(AccountingMethod method) {
    for (const AccountingRung& rung : kAccountingLadder)
        if (rung.method == method) return &rung;
    return nullptr;
}
[[nodiscard]] constexpr const ExitRung* exit_rung(ExitMethod method) {
    for (const ExitRung& rung : kExitLadder)
        if (rung.method == method) return &rung;
    return nullptr;
}

}  // namespace vfswatchd
