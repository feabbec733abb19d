// SPDX-License-Identifier: Apache-2.0
/*
 * Files that come and go: threads each make a file of random size, read it to
 * its end and remove it, over and over, while a few files that stay are read
 * now and then.  At the end it prints as JSON what all calls returned.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char kUsage[] =
    "usage: churn [-t THREADS] [-r FILES_A_SECOND] [-s SEED] FILES FOLDER STAYING...\n"
    "  -t  how many files there are at once (32)\n"
    "  -r  how many are made in a second at most (0: as many as can be)\n"
    "FOLDER gets the folders even and odd, for files of even and of odd number.\n";

enum {
    kMaxThreads = 64,
    kMaxStaying = 64,
    kMaxBytes = 16384,
    kReadBytes = 4096,
    /* Each staying file is read this often, so that none is ever idle. */
    kStayingPause_ns = 50000000,
    kStayingBytes = 100,
};

struct Tally {
    unsigned long long bytes;
    unsigned long long calls;
};

struct Maker {
    pthread_t thread;
    unsigned long long random;
    struct Tally tallies[2]; /* of files with even and with odd numbers */
};

static const char *folder;
static unsigned long files, rate, threads = 32, seed = 1;
static atomic_ulong next_file;
static atomic_ulong busy_makers;
static struct timespec begin;
static const char contents[kMaxBytes];

/* xorshift64* */
static unsigned long below(unsigned long long *random, unsigned long limit) {
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (unsigned long)((*random * 2685821657736338717ULL) >> 33) % limit;
}

static double seconds_since(const struct timespec *then) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void wait_for_turn(unsigned long number) {
    if (rate == 0) return;
    struct timespec turn = begin;
    turn.tv_sec += (time_t)(number / rate);
    turn.tv_nsec += (long)(number % rate * 1000000000 / rate);
    turn.tv_sec += turn.tv_nsec / 1000000000;
    turn.tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &turn, NULL) == EINTR) continue;
}

static void write_file(const char *path, size_t bytes) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, contents, bytes) != (ssize_t)bytes || close(fd)) err(1, "%s", path);
}

static void read_to_end(int fd, const char *path, struct Tally *tally) {
    char buffer[kReadBytes];
    ssize_t got;
    do {
        got = read(fd, buffer, sizeof(buffer));
        if (got < 0) err(1, "%s", path);
        tally->bytes += (unsigned long long)got;
        tally->calls++;
    } while (got > 0);
}

static void *make_files(void *argument) {
    struct Maker *maker = argument;
    unsigned long number;
    while ((number = atomic_fetch_add(&next_file, 1)) < files) {
        char path[4096];
        wait_for_turn(number);
        const char *half = number % 2 ? "odd" : "even";
        snprintf(path, sizeof(path), "%s/%s/file%07lu", folder, half, number);
        write_file(path, 1 + below(&maker->random, kMaxBytes));
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) err(1, "%s", path);
        // Some are read when their name is gone already.
        const bool removed_first = number % 8 == 0;
        if (removed_first && unlink(path)) err(1, "%s", path);
        read_to_end(fd, path, &maker->tallies[number % 2]);
        if (close(fd) || (!removed_first && unlink(path))) err(1, "%s", path);
    }
    atomic_fetch_sub(&busy_makers, 1);
    return NULL;
}

/*
 * Returns the longest time from one read of a file to its next, in seconds.
 * The makers keep all processors busy, and this shall not wait for them.
 */
static double read_staying(unsigned count, char **paths, struct Tally *tallies) {
    const struct sched_param first = {.sched_priority = 1};
    const struct timespec pause = {.tv_nsec = kStayingPause_ns};
    struct timespec before;
    double longest = 0;
    int fds[kMaxStaying];
    if (sched_setscheduler(0, SCHED_RR, &first)) err(1, "sched_setscheduler");
    for (unsigned i = 0; i < count; i++)
        if ((fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC)) < 0) err(1, "%s", paths[i]);
    clock_gettime(CLOCK_MONOTONIC, &before);
    bool last;
    do {
        last = atomic_load(&busy_makers) == 0;
        for (unsigned i = 0; i < count; i++) {
            char buffer[kStayingBytes];
            const ssize_t got = pread(fds[i], buffer, 1 + i % kStayingBytes, 0);
            if (got < 0) err(1, "%s", paths[i]);
            tallies[i].bytes += (unsigned long long)got;
            tallies[i].calls++;
        }
        const double gap = seconds_since(&before);
        if (gap > longest) longest = gap;
        clock_gettime(CLOCK_MONOTONIC, &before);
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    } while (!last);
    return longest;
}

static unsigned long number_of(const char *text) {
    char *end;
    const unsigned long number = strtoul(text, &end, 10);
    if (*end || end == text) errx(64, "%s", kUsage);
    return number;
}

static void make_folder(const char *name) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (mkdir(path, 0755) && errno != EEXIST) err(1, "%s", path);
}

/* Returns the paths of the files that stay, their number in count. */
static char **read_arguments(int argc, char **argv, unsigned *count) {
    int option;
    while ((option = getopt(argc, argv, "t:r:s:")) != -1) {
        if (option == 't') threads = number_of(optarg);
        else if (option == 'r') rate = number_of(optarg);
        else if (option == 's') seed = number_of(optarg);
        else errx(64, "%s", kUsage);
    }
    if (argc - optind < 2 || argc - optind > 2 + kMaxStaying || threads == 0 ||
        threads > kMaxThreads || seed == 0)
        errx(64, "%s", kUsage);
    files = number_of(argv[optind]);
    folder = argv[optind + 1];
    *count = (unsigned)(argc - optind - 2);
    return argv + optind + 2;
}

static void start(struct Maker *makers) {
    make_folder("even");
    make_folder("odd");
    clock_gettime(CLOCK_MONOTONIC, &begin);
    atomic_store(&busy_makers, threads);
    for (unsigned long i = 0; i < threads; i++) {
        makers[i].random = seed * 0x9e3779b97f4a7c15ULL + i;
        if (pthread_create(&makers[i].thread, NULL, make_files, &makers[i]))
            errx(1, "pthread_create");
    }
}

static void print(const char *name, const struct Tally *tally, const char *after) {
    printf("\"%s\": [%llu, %llu]%s", name, tally->bytes, tally->calls, after);
}

int main(int argc, char **argv) {
    static struct Maker makers[kMaxThreads];
    static struct Tally staying[kMaxStaying];
    struct Tally sums[2] = {0};
    unsigned count;
    char **paths = read_arguments(argc, argv, &count);
    start(makers);
    const double gap = read_staying(count, paths, staying);
    for (unsigned long i = 0; i < threads; i++) {
        pthread_join(makers[i].thread, NULL);
        for (int odd = 0; odd < 2; odd++) {
            sums[odd].bytes += makers[i].tallies[odd].bytes;
            sums[odd].calls += makers[i].tallies[odd].calls;
        }
    }
    printf("{\"seconds\": %.3f, \"longest_gap_seconds\": %.3f, ", seconds_since(&begin), gap);
    print("even", &sums[0], ", ");
    print("odd", &sums[1], ", \"staying\": {");
    for (unsigned i = 0; i < count; i++) print(paths[i], &staying[i], i + 1 < count ? ", " : "");
    puts("}}");
    return 0;
}
