// SPDX-License-Identifier: Apache-2.0
// What each program of the BPF object costs this kernel's verifier, one line a program:
//
//   PROGRAM INSNS INSNS_AT_EXIT [REASON]
//
// The instructions processed where the start of a read accounts, and where its end does; "-" is
// refused, with the first refusal's reason. Every program is loaded alone, so that one that is
// refused hides no other. Status 1: the object does not open.
#include <bpf/libbpf.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/filter_tables.h"
#include "kernel/kernel_types.h"
#include "kernel/libbpf_log.h"
#include "kernel/skeleton.h"

namespace {

using namespace vfswatchd;

// BPF_LOG_STATS of the kernel's bpf_verifier.h: the counts at the end, and why it refuses.
constexpr __u32 kLogStats = 4;
constexpr std::size_t kLogBytes = std::size_t{64} * 1024;

// The configuration's defaults, with a few processes and patterns.
constexpr TableSizes kSizes = {.max_files = 65536,
                               .max_tasks = 32768,
                               .processes = 16,
                               .comms = 16,
                               .uids = 16,
                               .path_states = 64};

// The verifier leaves out what constants rule out: here they rule out nothing.
Filter filter_that_needs_all_code() {
    Filter filter;
    filter.settings.any_process_targets = 0b1111;
    filter.settings.follow_targets = 0b1111;
    filter.settings.process_fields =
        VFSWATCH_FIELD_COMM | VFSWATCH_FIELD_UID | VFSWATCH_FIELD_CGROUP | VFSWATCH_FIELD_EXECS;
    filter.settings.exe_start = 2;
    filter.settings.cgroup_start = 3;
    filter.settings.host_paths = 1;
    for (__u64& targets : filter.settings.type_targets)
        targets = 0b1111;
    filter.settings.pid_targets = 0b0001;
    filter.settings.comm_targets = 0b0010;
    filter.settings.uid_targets = 0b0100;
    filter.settings.call_targets = 0b1000;
    filter.settings.cgroup_targets = 0b0100;
    filter.settings.inode_targets = 0b0010;
    filter.settings.latency_targets = 0b1000;
    filter.settings.snippet_targets = 0b0110;
    filter.settings.sensitive_start = 4;
    for (__u32& share : filter.settings.target_max_files)
        share = kSizes.max_files;
    return filter;
}

struct SkeletonDeleter {
    void operator()(vfswatch_bpf* skeleton) const { vfswatch_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<vfswatch_bpf, SkeletonDeleter>;

/// The object that the daemon loads on this kernel.
Skeleton open_as_daemon() {
    return Skeleton(open_skeleton(KernelTypes::load().has_function("bpf_rdonly_cast")));
}

std::vector<std::string> program_names(const vfswatch_bpf& skeleton) {
    std::vector<std::string> names;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) {
        names.emplace_back(bpf_program__name(program));
    }
    return names;
}

bpf_program* choose_only(const vfswatch_bpf& skeleton, const std::string& name) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) {
        bpf_program__set_autoload(program, bpf_program__name(program) == name);
    }
    return bpf_object__find_program_by_name(skeleton.obj, name.c_str());
}

/// The number behind "processed" in the verifier's last line; empty if there is none.
std::string processed(std::string_view log) {
    constexpr std::string_view kBefore = "processed ";
    const auto start = log.rfind(kBefore);
    if (start == std::string_view::npos) return "";
    const std::string_view rest = log.substr(start + kBefore.size());
    return std::string(rest.substr(0, rest.find(' ')));
}

/// The line that the verifier gave up with; lines before it are remarks, those behind it counts.
std::string_view verdict(std::string_view log) {
    std::string_view text = log.substr(0, log.find("verification time "));
    text = text.substr(0, text.rfind("processed "));
    text = text.substr(0, text.find_last_not_of('\n') + 1);
    return text.substr(text.rfind('\n') + 1);
}

/// libbpf's first warning, and the verifier's verdict if it was asked.
std::string reason(const LibbpfLog& libbpf_log, std::string_view log) {
    const std::string verifier(verdict(log));
    return libbpf_log.first_warning() + (verifier.empty() ? "" : ": " + verifier);
}

struct Cost {
    std::string insns;   ///< "-": refused
    std::string reason;  ///< empty: accepted
};

/// Empty when the object does not open.
std::optional<Cost> measure(const std::string& name, bool account_at_exit) {
    const Skeleton skeleton = open_as_daemon();
    if (!skeleton) return std::nullopt;
    // Behind the opening, which keeps a log of its own; libbpf has one at a time.
    const LibbpfLog libbpf_log;
    skeleton->rodata->settings = filter_that_needs_all_code().settings;
    skeleton->rodata->settings.max_files = kSizes.max_files;
    skeleton->rodata->settings.account_at_exit = account_at_exit ? 1 : 0;
    size_tables(*skeleton, kSizes);
    std::vector<char> log(kLogBytes);
    bpf_program* program = choose_only(*skeleton, name);
    bpf_program__set_log_level(program, kLogStats);
    bpf_program__set_log_buf(program, log.data(), log.size());
    if (vfswatch_bpf__load(skeleton.get()) == 0) return Cost{processed(log.data()), ""};
    return Cost{"-", reason(libbpf_log, log.data())};
}

/// Prints the program's line; false when the object does not open.
bool report(const std::string& name) {
    const auto at_start = measure(name, false);
    const auto at_exit = measure(name, true);
    if (!at_start || !at_exit) return false;
    const std::string& reason = at_start->reason.empty() ? at_exit->reason : at_start->reason;
    std::printf("%s %s %s%s%s\n", name.c_str(), at_start->insns.c_str(), at_exit->insns.c_str(),
                reason.empty() ? "" : " ", reason.c_str());
    std::fflush(stdout);
    return true;
}

}  // namespace

int main() {
    const Skeleton skeleton = open_as_daemon();
    if (!skeleton) return 1;
    for (const std::string& name : program_names(*skeleton))
        if (!report(name)) return 1;
    return 0;
}
