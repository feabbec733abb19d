// SPDX-License-Identifier: Apache-2.0
/*
 * A steady load of known reads until SIGTERM: processes of their own comm and
 * uid, each with a thread that turns between files and makes new ones from time
 * to time, a thread that ends after a while and is replaced, and children that
 * read a little and end.  At the end the parent prints what the calls returned,
 * one line a file of a process: PATH COMM UID PID BYTES CALLS.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char kUsage[] =
    "usage: steady [-r READERS] [-n MS] [-s SEED] FOLDER\n"
    "  -r  processes (4)\n"
    "  -n  milliseconds from one new file of a process to its next (500; 0: none)\n"
    "FOLDER gets own/R (files of one process), shared (of all), child/R (what its\n"
    "children read), new/R, and small/R, where every fourth new file goes.\n";

enum {
    kMaxReaders = 16,
    kOwn = 6,
    kShared = 4,
    /* What both threads read; behind them the children's file, then the new ones. */
    kFixed = kOwn + kShared,
    kChild = kFixed,
    kFirstNew,
    kMaxNew = 4096,
    kFiles = kFirstNew + kMaxNew,
    /* So many of the newest are read beside the fixed ones. */
    kRecent = 4,
    kFirstUid = 61000,
    kUids = 2,
    kMaxBytes = 200,
    kMaxBurst = 40,
    /* At most, in microseconds: long enough to be idle when something else happens. */
    kMaxRest = 60000,
    kMaxBursts = 30, /* of a thread's life */
    kMaxChildReads = 20,
    kChildPause_ms = 400,
};

struct Tally {
    atomic_ullong bytes;
    atomic_ullong calls;
};

/* One process; its parent reads it at the end. */
struct Reader {
    unsigned long number;
    unsigned long uid;
    pid_t pid;
    char comm[16];
    struct Tally tallies[kFiles];
};

/* A thread, with the bounds of what it may read beside the fixed files. */
struct Thread {
    struct Reader *reader;
    unsigned long long random;
    unsigned long begin_new, end_new;
};

struct Shared {
    atomic_bool ended;
    struct Reader readers[kMaxReaders];
};

static const char *folder;
static unsigned long reader_count = 4, new_pause_ms = 500, seed = 1;
static struct Shared *shared;

/* Of this process. */
static int fds[kFiles];
static int null_fd;
static atomic_bool helper_ended;

/* xorshift64* */
static unsigned long below(unsigned long long *random, unsigned long limit) {
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (unsigned long)((*random * 2685821657736338717ULL) >> 33) % limit;
}

static void set_seed(unsigned long long *random, unsigned long number) {
    *random = (seed + 1) * 0x9e3779b97f4a7c15ULL + number;
}

static void path_of(const struct Reader *reader, unsigned long file, char path[4096]) {
    if (file < kOwn) {
        snprintf(path, 4096, "%s/own/%lu/file%02lu", folder, reader->number, file);
    } else if (file < kFixed) {
        snprintf(path, 4096, "%s/shared/file%02lu", folder, file - kOwn);
    } else if (file == kChild) {
        snprintf(path, 4096, "%s/child/%lu/file", folder, reader->number);
    } else {
        const unsigned long number = file - kFirstNew;
        snprintf(path, 4096, "%s/%s/%lu/file%05lu", folder, number % 4 == 3 ? "small" : "new",
                 reader->number, number);
    }
}

static void write_file(const char *path, size_t bytes) {
    static const char contents[4096];
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, contents, bytes) != (ssize_t)bytes || close(fd)) err(1, "%s", path);
}

static void make_file(const struct Reader *reader, unsigned long file) {
    char path[4096];
    path_of(reader, file, path);
    write_file(path, 100 + 37 * (file % 64));
}

static void open_file(const struct Reader *reader, unsigned long file) {
    char path[4096];
    path_of(reader, file, path);
    fds[file] = open(path, O_RDONLY | O_CLOEXEC);
    if (fds[file] < 0) err(1, "%s", path);
}

static ssize_t call(unsigned long kind, int fd, size_t bytes) {
    char buffer[kMaxBytes];
    struct iovec halves[2] = {{buffer, bytes / 2}, {buffer + bytes / 2, bytes - bytes / 2}};
    off_t from = 0;
    switch (kind) {
        case 0:
            return read(fd, buffer, bytes);
        case 1:
            return readv(fd, halves, 2);
        case 2:
            return preadv2(fd, halves, 2, 0, 0);
        case 3:
            return sendfile(null_fd, fd, &from, bytes);
        default:
            return pread(fd, buffer, bytes, 0);
    }
}

static void read_once(struct Thread *thread, unsigned long file) {
    const ssize_t got =
        call(below(&thread->random, 6), fds[file], 1 + below(&thread->random, kMaxBytes));
    if (got < 0) err(1, "read");
    struct Tally *tally = &thread->reader->tallies[file];
    atomic_fetch_add(&tally->bytes, (unsigned long long)got);
    atomic_fetch_add(&tally->calls, 1);
    if (got == 0) lseek(fds[file], 0, SEEK_SET);
}

static unsigned long choose_file(struct Thread *thread) {
    const unsigned long file =
        below(&thread->random, kFixed + thread->end_new - thread->begin_new);
    return file < kFixed ? file : thread->begin_new + file - kFixed;
}

/* Of one file, or turning with each read. */
static void read_burst(struct Thread *thread) {
    const bool turns = below(&thread->random, 2);
    unsigned long file = choose_file(thread);
    for (unsigned long left = 1 + below(&thread->random, kMaxBurst); left > 0; left--) {
        if (turns) file = choose_file(thread);
        read_once(thread, file);
    }
}

static void rest(struct Thread *thread) {
    const struct timespec pause = {.tv_nsec = (long)below(&thread->random, kMaxRest) * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static bool has_ended(void) { return atomic_load(&shared->ended); }

/* Its last file is charged with what it read only when it is gone. */
static void *help(void *argument) {
    struct Thread *thread = argument;
    for (unsigned long left = 1 + below(&thread->random, kMaxBursts); left > 0; left--) {
        if (has_ended()) break;
        read_burst(thread);
        rest(thread);
    }
    atomic_store(&helper_ended, true);
    return NULL;
}

static pthread_t start_helper(struct Thread *helper) {
    pthread_t thread;
    atomic_store(&helper_ended, false);
    if (pthread_create(&thread, NULL, help, helper)) errx(1, "pthread_create");
    return thread;
}

static void make_new(struct Thread *leader) {
    if (leader->end_new == kFiles) errx(1, "more than %d new files", kMaxNew);
    make_file(leader->reader, leader->end_new);
    open_file(leader->reader, leader->end_new);
    read_once(leader, leader->end_new++);
    if (leader->end_new - leader->begin_new > kRecent) close(fds[leader->begin_new++]);
}

static void run_child(struct Thread *leader) {
    int status;
    const unsigned long reads = 1 + below(&leader->random, kMaxChildReads);
    const pid_t child = fork();
    if (child < 0) err(1, "fork");
    if (child == 0) {
        for (unsigned long i = 0; i < reads; i++) read_once(leader, kChild);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0) errx(1, "a child failed");
}

static unsigned long long milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

static bool is_time(unsigned long long *next, unsigned long pause_ms) {
    if (pause_ms == 0 || milliseconds() < *next) return false;
    *next += pause_ms;
    return true;
}

static void lead(struct Reader *reader) {
    struct Thread leader = {reader, 0, kFirstNew, kFirstNew}, helper = leader;
    unsigned long long next_new = milliseconds(), next_child = next_new;
    set_seed(&leader.random, 2 * reader->number);
    set_seed(&helper.random, 2 * reader->number + 1);
    pthread_t thread = start_helper(&helper);
    while (!has_ended()) {
        read_burst(&leader);
        if (is_time(&next_new, new_pause_ms)) make_new(&leader);
        if (is_time(&next_child, kChildPause_ms)) run_child(&leader);
        if (atomic_load(&helper_ended)) {
            pthread_join(thread, NULL);
            thread = start_helper(&helper);
        }
        rest(&leader);
    }
    pthread_join(thread, NULL);
}

static void run_reader(struct Reader *reader) {
    const uid_t uid = (uid_t)reader->uid;
    reader->pid = getpid();
    if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)) err(1, "setresuid");
    if (prctl(PR_SET_NAME, reader->comm)) err(1, "prctl");
    null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null_fd < 0) err(1, "/dev/null");
    for (unsigned long file = 0; file < kFirstNew; file++) open_file(reader, file);
    lead(reader);
}

static void make_folder(const char *name, unsigned long uid) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if ((mkdir(path, 0755) && errno != EEXIST) || chown(path, (uid_t)uid, (gid_t)uid))
        err(1, "%s", path);
}

static void make_folders(const struct Reader *reader) {
    static const char *const kNames[] = {"own", "child", "new", "small"};
    for (unsigned i = 0; i < sizeof(kNames) / sizeof(*kNames); i++) {
        char path[64];
        make_folder(kNames[i], 0);
        snprintf(path, sizeof(path), "%s/%lu", kNames[i], reader->number);
        make_folder(path, reader->uid);
    }
}

static void prepare(void) {
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) err(1, "mmap");
    make_folder("shared", 0);
    for (unsigned long i = 0; i < reader_count; i++) {
        struct Reader *reader = &shared->readers[i];
        reader->number = i;
        reader->uid = kFirstUid + i % kUids;
        snprintf(reader->comm, sizeof(reader->comm), "steady%lu", i % kMaxReaders);
        make_folders(reader);
        for (unsigned long file = 0; file < kFirstNew; file++) make_file(reader, file);
    }
}

static void run(void) {
    int status, number, failed = 0;
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &end, NULL)) err(1, "sigprocmask");
    for (unsigned long i = 0; i < reader_count; i++) {
        const pid_t child = fork();
        if (child < 0) err(1, "fork");
        if (child == 0) {
            run_reader(&shared->readers[i]);
            _exit(0);
        }
    }
    if (sigwait(&end, &number)) errx(1, "sigwait");
    atomic_store(&shared->ended, true);
    for (unsigned long i = 0; i < reader_count; i++) failed |= wait(&status) < 0 || status != 0;
    if (failed) errx(1, "a reader failed");
}

static void print(const struct Reader *reader) {
    for (unsigned long file = 0; file < kFiles; file++) {
        char path[4096];
        const struct Tally *tally = &reader->tallies[file];
        if (tally->calls == 0) continue;
        path_of(reader, file, path);
        printf("%s %s %lu %d %llu %llu\n", path, reader->comm, reader->uid, (int)reader->pid,
               tally->bytes, tally->calls);
    }
}

static unsigned long number_of(const char *text) {
    char *end;
    const unsigned long number = strtoul(text, &end, 10);
    if (*end || end == text) errx(64, "%s", kUsage);
    return number;
}

static void read_arguments(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "r:n:s:")) != -1) {
        if (option == 'r') reader_count = number_of(optarg);
        else if (option == 'n') new_pause_ms = number_of(optarg);
        else if (option == 's') seed = number_of(optarg);
        else errx(64, "%s", kUsage);
    }
    if (argc - optind != 1 || reader_count == 0 || reader_count > kMaxReaders)
        errx(64, "%s", kUsage);
    folder = argv[optind];
}

int main(int argc, char **argv) {
    read_arguments(argc, argv);
    prepare();
    run();
    for (unsigned long i = 0; i < reader_count; i++) print(&shared->readers[i]);
    return 0;
}
