// SPDX-License-Identifier: Apache-2.0
// What each program of the BPF object costs this kernel's verifier, one line a program:
//
//   PROGRAM INSNS       accepted, with so many instructions processed
//   PROGRAM - REASON    refused
//
// Every program is loaded alone, so that one that is refused hides no other. Status 1: the object
// does not open.
#include <bpf/libbpf.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/filter_tables.h"
#include "kernel/libbpf_log.h"
#include "kernel/skeleton.h"

namespace {

using namespace vfswatchd;

// BPF_LOG_STATS of the kernel's bpf_verifier.h: the counts at the end, and why it refuses.
constexpr __u32 kLogStats = 4;
constexpr std::size_t kLogBytes = std::size_t{64} * 1024;

// The configuration's defaults, with a few processes and patterns.
constexpr TableSizes kSizes = {
    .max_files = 65536, .max_tasks = 32768, .processes = 16, .path_states = 64};

// The verifier leaves out what constants rule out: here they rule out nothing.
Filter filter_that_needs_all_code() {
    Filter filter;
    filter.settings.any_process_targets = 0b1111;
    for (__u64& targets : filter.settings.type_targets)
        targets = 0b1111;
    filter.settings.pid_targets = 0b0001;
    filter.settings.comm_targets = 0b0010;
    filter.settings.uid_targets = 0b0100;
    filter.settings.call_targets = 0b1000;
    filter.settings.latency_targets = 0b1000;
    return filter;
}

struct SkeletonDeleter {
    void operator()(vfswatch_bpf* skeleton) const { vfswatch_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<vfswatch_bpf, SkeletonDeleter>;

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

/// Prints the program's line; false when the object does not open.
bool report(const std::string& name) {
    const LibbpfLog libbpf_log;
    const Skeleton skeleton(vfswatch_bpf__open());
    if (!skeleton) return false;
    skeleton->rodata->settings = filter_that_needs_all_code().settings;
    size_tables(*skeleton, kSizes);
    std::vector<char> log(kLogBytes);
    bpf_program* program = choose_only(*skeleton, name);
    bpf_program__set_log_level(program, kLogStats);
    bpf_program__set_log_buf(program, log.data(), log.size());
    if (vfswatch_bpf__load(skeleton.get()) == 0)
        std::printf("%s %s\n", name.c_str(), processed(log.data()).c_str());
    else
        std::printf("%s - %s\n", name.c_str(), reason(libbpf_log, log.data()).c_str());
    std::fflush(stdout);
    return true;
}

}  // namespace

int main() {
    const Skeleton skeleton(vfswatch_bpf__open());
    if (!skeleton) return 1;
    for (const std::string& name : program_names(*skeleton))
        if (!report(name)) return 1;
    return 0;
}
