// SPDX-License-Identifier: Apache-2.0
/*
 * Tasks that end, and tasks that are too many.  What they read is known from
 * what their calls returned, or, where a thread is ended while it reads, from
 * the kernel's sums of its process.  It is printed one line a file: PATH BYTES
 * CALLS.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char kUsage[] =
    "usage: exits storm PROCESSES FILE...   PROCESSES of three threads read and end at once\n"
    "       exits crowd READS FILE...       a thread for each file reads, and all live on\n";

enum {
    kAtOnce = 6,
    kKnownFiles = 8, /* of a storm: read by threads that come to their own end */
    kPairs = 4,      /* of a storm: read by threads that are ended meanwhile */
    kFiles = kKnownFiles + 2 * kPairs,
    kKnownReads = 6,
    kReadsBeforeEnd = 10,
    kMaxBytes = 8,
    kMaxCrowd = 256,
};

/*
 * A pair's files are read with these sizes, so that bytes and calls of both
 * together tell how often each was read.
 */
static const unsigned long long kPairBytes[2] = {3, 5};

struct Tally {
    atomic_ullong bytes;
    atomic_ullong calls;
};

struct Amount {
    unsigned long long bytes;
    unsigned long long calls;
};

static struct Tally *tallies; /* one for each path, shared by all processes */
static char **paths;
static int fds[kMaxCrowd];

static void read_file(unsigned file, size_t bytes) {
    char buffer[kMaxBytes];
    const ssize_t got = pread(fds[file], buffer, bytes, 0);
    if (got < 0) err(1, "%s", paths[file]);
    atomic_fetch_add(&tallies[file].bytes, (unsigned long long)got);
    atomic_fetch_add(&tallies[file].calls, 1);
}

static void start(void *(*body)(void *), unsigned long argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, (void *)argument)) errx(1, "pthread_create");
}

/* A storm's processes, by their number. */

static bool leader_goes_first(unsigned long number) {
    return number % 4 == 0;
}
static bool is_known(unsigned long number) {
    return number % 4 < 2;
}
static bool leader_ends_all(unsigned long number) {
    return number % 4 == 2;
}
static unsigned pair_of(unsigned long number) {
    return (unsigned)(number / 4 % kPairs);
}

static atomic_uint ended;

static void *read_known(void *argument) {
    const unsigned long number = (unsigned long)argument;
    for (unsigned i = 0; i < kKnownReads; i++)
        read_file((unsigned)((number + i / 2) % kKnownFiles), 1 + number % kMaxBytes);
    atomic_fetch_add(&ended, 1);
    return NULL;
}

static void be_known(unsigned long number) {
    start(read_known, number + 1);
    start(read_known, number + 2);
    read_known((void *)number);
    // Not pthread_exit(): it loads a library, which is read.
    if (leader_goes_first(number)) syscall(SYS_exit, 0);
    while (atomic_load(&ended) < 3) sched_yield();
    _exit(0);
}

static atomic_uint reading;

static void read_pair(unsigned long number, unsigned i) {
    char buffer[kMaxBytes];
    const unsigned file = kKnownFiles + 2 * pair_of(number) + i % 2;
    if (pread(fds[file], buffer, kPairBytes[i % 2], 0) < 0) err(1, "%s", paths[file]);
}

static void *read_without_end(void *argument) {
    atomic_fetch_add(&reading, 1);
    for (unsigned i = 0;; i++) {
        read_pair((unsigned long)argument, i);
        // Whoever ends it shall get its turn.
        sched_yield();
    }
    return NULL;
}

static void *end_the_others(void *argument) {
    const unsigned long number = (unsigned long)argument;
    while (atomic_load(&reading) < 2) sched_yield();
    for (unsigned i = 0; i < kReadsBeforeEnd; i++) read_pair(number, i);
    _exit(1 + (int)pair_of(number));
}

static void be_ended(unsigned long number) {
    start(read_without_end, number);
    start(leader_ends_all(number) ? read_without_end : end_the_others, number);
    if (leader_ends_all(number)) end_the_others((void *)number);
    read_without_end((void *)number);
}

/* The kernel's sums of a process that has ended and is not reaped: all its threads. */
static struct Amount io_of(pid_t pid) {
    char path[64];
    struct Amount io;
    snprintf(path, sizeof(path), "/proc/%d/io", pid);
    FILE *file = fopen(path, "re");
    if (!file) err(1, "%s", path);
    if (fscanf(file, "rchar: %llu wchar: %*u syscr: %llu", &io.bytes, &io.calls) != 2)
        errx(1, "%s is not as it was", path);
    fclose(file);
    return io;
}

static void add_pair(unsigned pair, struct Amount io) {
    const unsigned long long twice = io.bytes - kPairBytes[0] * io.calls;
    const unsigned long long of_second = twice / (kPairBytes[1] - kPairBytes[0]);
    if (io.bytes < kPairBytes[0] * io.calls || twice % 2 || of_second > io.calls)
        errx(1, "%llu bytes in %llu calls are not of a pair", io.bytes, io.calls);
    const unsigned long long calls[2] = {io.calls - of_second, of_second};
    for (unsigned i = 0; i < 2; i++) {
        struct Tally *tally = &tallies[kKnownFiles + 2 * pair + i];
        atomic_fetch_add(&tally->bytes, calls[i] * kPairBytes[i]);
        atomic_fetch_add(&tally->calls, calls[i]);
    }
}

static void reap_one(struct Amount *known) {
    siginfo_t info;
    int status;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT)) err(1, "waitid");
    if (info.si_code != CLD_EXITED || info.si_status > kPairs)
        errx(1, "process %d ended with %d", info.si_pid, info.si_status);
    const struct Amount io = io_of(info.si_pid);
    if (info.si_status > 0) {
        add_pair((unsigned)info.si_status - 1, io);
    } else {
        known->bytes += io.bytes;
        known->calls += io.calls;
    }
    waitpid(info.si_pid, &status, 0);
}

static void storm(unsigned long processes) {
    struct Amount known = {0, 0};
    unsigned long running = 0;
    for (unsigned long number = 0; number < processes || running > 0;) {
        if (number == processes || running == kAtOnce) {
            reap_one(&known);
            running--;
            continue;
        }
        const pid_t child = fork();
        if (child < 0) err(1, "fork");
        if (child == 0 && is_known(number)) be_known(number);
        if (child == 0) be_ended(number);
        number++;
        running++;
    }
    for (unsigned i = 0; i < kKnownFiles; i++) {
        known.bytes -= tallies[i].bytes;
        known.calls -= tallies[i].calls;
    }
    if (known.bytes || known.calls) errx(1, "the kernel's sums are not what the calls returned");
}

/* A crowd's threads. */

static pthread_barrier_t all;
static unsigned long reads;

static void *read_and_live_on(void *argument) {
    const unsigned file = (unsigned)(unsigned long)argument;
    pthread_barrier_wait(&all);
    for (unsigned long i = 0; i < reads; i++) read_file(file, 1 + file % kMaxBytes);
    pthread_barrier_wait(&all);
    for (;;) pause();
    return NULL;
}

static void crowd(unsigned files) {
    pthread_barrier_init(&all, NULL, files + 1);
    for (unsigned i = 0; i < files; i++) start(read_and_live_on, i);
    pthread_barrier_wait(&all);
    pthread_barrier_wait(&all);
}

static void tell(unsigned files) {
    for (unsigned i = 0; i < files; i++)
        printf("%s %llu %llu\n", paths[i], tallies[i].bytes, tallies[i].calls);
    puts("done");
    fflush(stdout);
}

int main(int argc, char **argv) {
    const unsigned files = argc > 3 ? (unsigned)argc - 3 : 0;
    if (files == 0 || files > kMaxCrowd) errx(64, "%s", kUsage);
    const bool is_storm = strcmp(argv[1], "storm") == 0;
    if (is_storm ? files != kFiles : strcmp(argv[1], "crowd") != 0) errx(64, "%s", kUsage);
    paths = argv + 3;
    for (unsigned i = 0; i < files; i++)
        if ((fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC)) < 0) err(1, "%s", paths[i]);
    tallies = mmap(NULL, files * sizeof(struct Tally), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED) err(1, "tallies");
    reads = strtoul(argv[2], NULL, 10);
    if (is_storm) storm(reads);
    else crowd(files);
    tell(files);
    if (!is_storm) pause();
    return 0;
}
