// SPDX-License-Identifier: Apache-2.0
// Measures read(2) and write(2) of one byte in a guest whose virtual nanoseconds are instructions
// (-icount shift=0), so a clock's difference is a count of instructions.
//
//   read_cost FOLDER
//
// Makes its files in FOLDER, stops itself until SIGCONT (the probes that are to be measured are
// attached meanwhile, by its pid), and prints a line `CASE INSTRUCTIONS` for each case.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

constexpr int kWarmUpReads = 2000;
// A batch is far shorter than a timer tick (4 ms), so most batches are free of interrupts, and far
// longer than reading the clock.
constexpr int kBatchReads = 512;
constexpr int kBatches = 21;
constexpr int kTurningFiles = 64;
constexpr int kNewFiles = 1000;
// Farther apart than samples are at the highest rate that is written.
constexpr int kSingleReads = 64;
constexpr timespec kPause = {0, 20'000'000};

[[noreturn]] void die(const char* step) {
    std::perror(step);
    std::exit(1);
}

long now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

int make_file(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) die(path.c_str());
    // The files never end: each reading of the batches' single bytes takes one at the offset.
    if (ftruncate(fd, 1 << 20) != 0) die("ftruncate");
    char byte = 'x';
    if (pwrite(fd, &byte, 1, 0) != 1) die("pwrite");
    return fd;
}

std::vector<int> make_files(const std::string& folder, const char* prefix, int count) {
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) die(folder.c_str());
    std::vector<int> files;
    for (int i = 0; i < count; i++)
        files.push_back(make_file(folder + "/" + prefix + std::to_string(i)));
    return files;
}

void read_byte(int fd) {
    char byte = 0;
    if (read(fd, &byte, 1) != 1) die("read");
}

void write_byte(int fd) {
    const char byte = 'x';
    if (write(fd, &byte, 1) != 1) die("write");
}

void rewind_all(const std::vector<int>& files) {
    for (const int fd : files)
        if (lseek(fd, 0, SEEK_SET) != 0) die("lseek");
}

/// Instructions for one call: the least batch's mean. The batches of one case are alike except for
/// the interrupts that hit them.
template <typename Call>
double least_batch(const std::vector<int>& files, Call call) {
    for (int i = 0; i < kWarmUpReads; i++)
        call(files[static_cast<std::size_t>(i) % files.size()]);
    double least = 0;
    for (int batch = 0; batch < kBatches; batch++) {
        rewind_all(files);
        const long before = now_ns();
        for (std::size_t i = 0; i < kBatchReads; i++)
            call(files[i % files.size()]);
        const double each = static_cast<double>(now_ns() - before) / kBatchReads;
        if (batch == 0 || each < least) least = each;
    }
    return least;
}

/// Instructions of one read after a pause, reading the clock included: the least of several.
long least_single(int fd) {
    long least = 0;
    for (int i = 0; i < kSingleReads; i++) {
        nanosleep(&kPause, nullptr);
        const long before = now_ns();
        read_byte(fd);
        const long each = now_ns() - before;
        if (i == 0 || each < least) least = each;
    }
    return least;
}

/// Every file is new once only, so the mean over all of them, interrupts included.
double mean_over_new(const std::vector<int>& files) {
    const long before = now_ns();
    for (const int fd : files)
        read_byte(fd);
    return static_cast<double>(now_ns() - before) / static_cast<double>(files.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: read_cost FOLDER\n");
        return 2;
    }
    const rlimit files_limit = {2 * kNewFiles, 2 * kNewFiles};
    if (setrlimit(RLIMIT_NOFILE, &files_limit) != 0) die("setrlimit");
    const std::string folder = argv[1];
    const auto one = make_files(folder, "same", 1);
    const auto turning = make_files(folder, "turning", kTurningFiles);
    const auto fresh = make_files(folder, "new", kNewFiles);
    rewind_all(fresh);
    raise(SIGSTOP);

    std::printf("same %.1f\n", least_batch(one, read_byte));
    std::printf("turning %.1f\n", least_batch(turning, read_byte));
    std::printf("new %.1f\n", mean_over_new(fresh));
    rewind_all(one);
    std::printf("single %ld.0\n", least_single(one.front()));
    std::printf("write %.1f\n", least_batch(one, write_byte));
    return 0;
}
