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
#include "kernel/kernel_types.h"
#include "kernel/probes.h"

namespace vfswatchd {
namespace {

constexpr std::size_t kReaders = 6;
// Dozens of scheduler ticks, so that readers are preempted inside the program many times.
constexpr auto kDuration = std::chrono::milliseconds(250);
// An exit probe does little but at an end of file: with most reads there it is preempted often.
constexpr int kEndsEachTurn = 4;
constexpr const char* kNamePrefix = "vfswatchd-trial-";
constexpr std::size_t kSharedFile = kReaders;

constexpr TableSizes kTrialSizes = {
    .max_files = 256, .max_tasks = 256, .processes = 1, .comms = 0, .uids = 0, .path_states = 2};

/// Wants every regular file that this process reads.
Filter filter_for_self() {
    Filter filter;
    filter.settings.type_targets[S_IFREG >> 12] = 1;
    filter.settings.any_path_targets = 1;
    filter.settings.max_files = kTrialSizes.max_files;
    filter.settings.target_max_files[0] = kTrialSizes.max_files;
    filter.processes.push_back({static_cast<std::uint32_t>(getpid()), 1});
    vfswatch_path_state everything{};
    for (auto& next : everything.next)
        next = VFSWATCH_PATH_START;
    everything.targets = 1;
    filter.path_states = {vfswatch_path_state{}, everything};
    return filter;
}

struct TrialFile {
    UniqueFd fd;
    std::atomic<std::uint64_t> reads{0};  ///< of one byte
    std::atomic<std::uint64_t> eofs{0};
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

void read_byte(TrialFile& file) {
    char byte = 0;
    if (pread(file.fd.get(), &byte, 1, 0) == 1) file.reads++;
}

void read_end(TrialFile& file) {
    char byte = 0;
    if (pread(file.fd.get(), &byte, 1, 1) == 0) file.eofs++;
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
    do {
        read_byte(files.at(own));
        for (int i = 0; i < kEndsEachTurn; i++)
            read_end(files.at(own));
        read_byte(files.at(kSharedFile));
    } while (std::chrono::steady_clock::now() < end);
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

std::map<std::string, ReadCounts> counts_by_path(const ReadSnapshot& snapshot) {
    std::map<std::uint64_t, std::string> names;
    for (const FileName& name : snapshot.new_names)
        names[name.id] = name.path;
    std::map<std::string, ReadCounts> counts;
    for (const ReadSum& sum : snapshot.sums) {
        ReadCounts& of_path = counts[names[sum.key.path]];
        of_path.bytes += sum.counts.bytes;
        of_path.calls += sum.counts.calls;
        of_path.eofs += sum.counts.eofs;
    }
    return counts;
}

/// What was made of the readers' calls, and what of them was counted where it belongs.
struct Tally {
    std::uint64_t made = 0;
    std::uint64_t right = 0;
    bool exact = true;

    void add(std::uint64_t made_here, std::uint64_t counted) {
        made += made_here;
        right += std::min(made_here, counted);
        exact = exact && made_here == counted;
    }
};

MethodTrial judge(const Tally& tally, const std::string& what) {
    if (tally.exact) return {true, true, {}};
    if (tally.right == 0) return {false, false, plain_error("it attached, but it never fires")};
    return {true, false,
            plain_error(std::to_string(tally.right) + " of " + std::to_string(tally.made) + what +
                        ": it is skipped while another task is preempted inside it")};
}

Trial judge(const TrialFiles& files, const ReadSnapshot& snapshot) {
    auto counted = counts_by_path(snapshot);
    Tally bytes;
    Tally calls;
    std::uint64_t ends_made = 0;
    std::uint64_t ends_seen = 0;
    for (std::size_t i = 0; i < files.size(); i++) {
        const TrialFile& file = files.at(i);
        if (file.reads == 0) {
            const Error none =
                plain_error("a trial reader could not be pinned to a CPU or could not read");
            return {{false, false, none}, {false, false, none}};
        }
        const ReadCounts& seen = counted["memfd:" + (kNamePrefix + std::to_string(i))];
        bytes.add(file.reads, seen.bytes);
        calls.add(file.reads + file.eofs, seen.calls);
        ends_made += file.eofs;
        ends_seen += seen.eofs;
    }
    // Over all files: the accounting may have charged another file.
    Tally eofs;
    eofs.add(ends_made, ends_seen);
    const char* under_file = " trial reads were counted under their file";
    return {judge(bytes.exact ? calls : bytes, under_file),
            judge(eofs, " ends of file in the trial were seen")};
}

/// Without paths no file is told apart: what can be judged is the whole.
Trial judge_whole(const TrialFiles& files, const ReadSnapshot& snapshot) {
    std::uint64_t bytes = 0;
    std::uint64_t calls = 0;
    for (const TrialFile& file : files) {
        bytes += file.reads;
        calls += file.reads + file.eofs;
    }
    Tally tally;
    // Other threads of this process may read meanwhile.
    const ReadCounts& counted = snapshot.overflow.front();
    tally.add(calls, std::min(calls, counted.calls));
    tally.exact = tally.exact && counted.bytes >= bytes;
    return {judge(tally, " trial reads were counted"), {true, true, {}}};
}

/// kretprobe.multi keeps two returns in flight for each possible CPU where it does not stand on
/// fgraph (6.14). The few readers of a trial do not use them up.
bool sees_blocked_ends() {
    return KernelTypes::load().has_function("fprobe_fgraph_entry");
}

/// Errors: the programs could not be loaded or the accounting not be attached.
Result<Trial> run_trial(ProbeMethods methods) {
    TrialFiles files;
    if (auto made = make_files(files); !made) return fail(made.error());
    auto probes = Probes::load(filter_for_self(), kTrialSizes, methods);
    if (!probes) return fail(probes.error());
    if (auto done = probes->attach_accounting(); !done) return fail(done.error());
    const auto exit = probes->attach_exit();
    auto snapshot = read_and_look(files, probes->books());
    if (!snapshot) return fail(snapshot.error());
    Trial trial = methods.paths ? judge(files, *snapshot) : judge_whole(files, *snapshot);
    if (!exit) trial.exit = {false, false, exit.error()};
    if (methods.exit == ExitMethod::kKprobeMulti && !sees_blocked_ends()) {
        const MethodTrial loses = {
            true, false,
            plain_error("this kernel loses ends of reads while others wait in theirs")};
        if (trial.exit.exact) trial.exit = loses;
        if (methods.accounting == AccountingMethod::kExit && trial.accounting.exact)
            trial.accounting = loses;
    }
    if (methods.exit == ExitMethod::kOff) trial.exit = {true, true, {}};
    return trial;
}

}  // namespace

Trial try_methods(ProbeMethods methods) {
    const auto trial = run_trial(methods);
    if (trial) return *trial;
    const MethodTrial refused = {false, false, trial.error()};
    if (methods.exit == ExitMethod::kOff || methods.accounting == AccountingMethod::kExit)
        return {refused, refused};
    // One of the two was refused: without the exit's programs it shows which.
    Trial accounting_alone = try_methods({methods.accounting, ExitMethod::kOff, methods.paths});
    accounting_alone.exit = refused;
    return accounting_alone;
}

}  // namespace vfswatchd
