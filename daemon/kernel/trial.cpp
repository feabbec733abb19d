// SPDX-License-Identifier: Apache-2.0
#include "kernel/trial.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <map>
#include <system_error>
#include <thread>

#include "base/unique_fd.h"

namespace vfswatchd {
namespace {

constexpr std::size_t kReaders = 6;
// Dozens of scheduler ticks, so that readers are preempted inside the program many times.
constexpr auto kDuration = std::chrono::milliseconds(250);
constexpr const char* kNamePrefix = "vfswatchd-trial-";
constexpr std::size_t kSharedFile = kReaders;

/// Wants every regular file that this process reads.
Filter filter_for_self() {
    Filter filter;
    filter.settings.type_targets[S_IFREG >> 12] = 1;
    filter.processes.push_back({static_cast<std::uint32_t>(getpid()), 1});
    vfswatch_path_state everything{};
    for (auto& next : everything.next)
        next = VFSWATCH_PATH_START;
    everything.targets = 1;
    filter.path_states = {vfswatch_path_state{}, everything};
    return filter;
}

constexpr TableSizes kTrialSizes = {
    .max_files = 256, .max_tasks = 256, .processes = 1, .path_states = 2};

struct TrialFile {
    UniqueFd fd;
    std::atomic<std::uint64_t> reads{0};
};

using TrialFiles = std::array<TrialFile, kReaders + 1>;

Result<void> make_files(TrialFiles& files) {
    for (std::size_t i = 0; i < files.size(); i++) {
        files.at(i).fd.reset(memfd_create((kNamePrefix + std::to_string(i)).c_str(), MFD_CLOEXEC));
        if (!files.at(i).fd || pwrite(files.at(i).fd.get(), "x", 1, 0) != 1)
            return fail(errno_error(errno, "make a file for the trial"));
    }
    return {};
}

void read_once(TrialFile& file) {
    char byte = 0;
    if (pread(file.fd.get(), &byte, 1, 0) == 1) file.reads++;
}

bool pin_to_cpu(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(cpu), &one);
    return sched_setaffinity(0, sizeof(one), &one) == 0;
}

/// A reader that cannot be pinned reads nothing: on a CPU of its own it would prove nothing.
void read_in_turns(TrialFiles& files, std::size_t own, int cpu) {
    if (!pin_to_cpu(cpu)) return;
    const auto end = std::chrono::steady_clock::now() + kDuration;
    while (std::chrono::steady_clock::now() < end) {
        read_once(files.at(own));
        read_once(files.at(kSharedFile));
    }
}

/// Reads with all readers and takes the snapshot before they end: the kernel settles a task's last
/// run only when it frees the task, some time later.
Result<ReadSnapshot> read_and_look(TrialFiles& files, Books& books) {
    const int cpu = sched_getcpu();
    std::latch finished(kReaders);
    std::latch looked(1);
    std::vector<std::jthread> readers;
    try {
        for (std::size_t i = 0; i < kReaders; i++)
            readers.emplace_back([&files, &finished, &looked, i, cpu] {
                read_in_turns(files, i, cpu);
                finished.count_down();
                looked.wait();
            });
    } catch (const std::system_error& error) {
        looked.count_down();
        return fail({error.code(), "start a thread for the trial (TasksMax= of the unit?)"});
    }
    finished.wait();
    auto snapshot = books.read();
    looked.count_down();
    return snapshot;
}

std::map<std::string, std::uint64_t> bytes_by_path(const ReadSnapshot& snapshot) {
    std::map<std::uint32_t, std::string> names;
    for (const FileName& name : snapshot.new_names)
        names[name.id] = name.path;
    std::map<std::string, std::uint64_t> bytes;
    for (const ReadSum& sum : snapshot.sums)
        bytes[names[sum.key.name_id]] += sum.counts.bytes;
    return bytes;
}

/// Empty: every read was counted under its file.
std::string judge(const TrialFiles& files, const ReadSnapshot& snapshot) {
    auto counted = bytes_by_path(snapshot);
    std::uint64_t made = 0;
    std::uint64_t right = 0;
    bool exact = true;
    for (std::size_t i = 0; i < files.size(); i++) {
        const std::uint64_t own = files.at(i).reads;
        if (own == 0) return "a trial reader could not be pinned to a CPU or could not read";
        const std::uint64_t seen = counted["memfd:" + (kNamePrefix + std::to_string(i))];
        made += own;
        right += std::min(own, seen);
        exact = exact && own == seen;
    }
    if (exact) return "";
    if (right == 0) return "it attached, but it never fires";
    return std::to_string(right) + " of " + std::to_string(made) +
           " trial reads were counted under their file: it is skipped while another task is "
           "preempted inside it";
}

Result<std::string> run_trial(AccountingMethod method) {
    TrialFiles files;
    if (auto made = make_files(files); !made) return fail(made.error());
    auto probes = Probes::load(filter_for_self(), kTrialSizes, method);
    if (!probes) return fail(probes.error());
    if (auto done = probes->attach_accounting(); !done) return fail(done.error());
    auto snapshot = read_and_look(files, probes->books());
    if (!snapshot) return fail(snapshot.error());
    return judge(files, *snapshot);
}

}  // namespace

TrialOutcome try_accounting(AccountingMethod method) {
    const auto verdict = run_trial(method);
    if (!verdict) return {method, false, verdict.error()};
    return {method, verdict->empty(), plain_error(*verdict)};
}

std::vector<TrialOutcome> try_ladder() {
    std::vector<TrialOutcome> outcomes;
    for (const AccountingMethod method : {AccountingMethod::kLsm, AccountingMethod::kFentry}) {
        outcomes.push_back(try_accounting(method));
        if (outcomes.back().exact) break;
    }
    return outcomes;
}

}  // namespace vfswatchd
