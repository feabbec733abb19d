// SPDX-License-Identifier: Apache-2.0
/*
 * Processes that targets select by what they are and where they are, and that
 * change while they read.  What each reads is known beforehand; of a storm's,
 * the kernel's sums of the ended process are compared with it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char kUsage[] =
    "usage: selected storm PROCESSES HOW HOW FILE...\n"
    "         PROCESSES short ones, made in turn in two ways: plain, exec:PROGRAM, uid:NUMBER or\n"
    "         cgroup:FOLDER; prints, for each way, 1 or 2, and each file: WAY PATH BYTES CALLS\n"
    "       selected one NUMBER FILE...\n"
    "         what process NUMBER of a storm does\n"
    "       selected stream FILE CONTROL [thread]\n"
    "         reads one byte after the other, as CONTROL says; its leader, or another thread\n"
    "       selected steps STEP...\n"
    "         read:FILE:READS:BYTES  thread:NAME:FILE:READS:BYTES (by a thread of this name)\n"
    "         name:NAME  thread-name:NAME (by another thread)  uid:NUMBER  cgroup:FOLDER\n"
    "         exec:PROGRAM  fork (the child goes on, and its parent waits)\n"
    "         orphan (the child goes on when its parent has ended)  stop\n"
    "         thread-fork and thread-exec:PROGRAM (the same by another thread)\n"
    "         tell:FILE (writes there its pid, and what its /proc/self/cgroup says)\n";

enum { kAtOnce = 6, kMaxBytes = 4096, kMaxFiles = 8, kWays = 2 };
static const struct timespec kPause = {.tv_nsec = 1000000};

struct Amount {
    unsigned long long bytes;
    unsigned long long calls;
};

static void read_from(int fd, unsigned long reads, size_t bytes, const char *path) {
    static _Thread_local char buffer[kMaxBytes];
    for (unsigned long i = 0; i < reads; i++)
        if (pread(fd, buffer, bytes, 0) != (ssize_t)bytes) err(1, "%s", path);
}

static int open_or_end(const char *path, int flags) {
    const int fd = open(path, flags | O_CLOEXEC, 0644);
    if (fd < 0) err(1, "%s", path);
    return fd;
}

static void write_text(const char *path, const char *text) {
    const int fd = open_or_end(path, O_WRONLY | O_CREAT | O_TRUNC);
    const size_t bytes = strlen(text);
    if (write(fd, text, bytes) != (ssize_t)bytes) err(1, "%s", path);
    close(fd);
}

static void join_cgroup(const char *folder) {
    char path[kMaxBytes];
    // It may be there already.
    mkdir(folder, 0755);
    snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
    const int fd = open_or_end(path, O_WRONLY);
    if (write(fd, "0", 1) != 1) err(1, "%s", path);
    close(fd);
}

static void become_user(const char *number) {
    if (setuid((uid_t)strtoul(number, NULL, 10))) err(1, "setuid %s", number);
}

/* What follows "WORD:" in the text, or NULL if another word does. */
static char *after(char *text, const char *word) {
    const size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && text[length] == ':' ? text + length + 1 : NULL;
}

/* A storm. */

static struct Amount amount_of(unsigned long number, unsigned long file) {
    const unsigned long long calls = 1 + (number + file) % 4;
    return (struct Amount){calls * (1 + number % 8), calls};
}

static void be_one(unsigned long number, char **files, unsigned long count) {
    for (unsigned long i = 0; i < count; i++) {
        const struct Amount amount = amount_of(number, i);
        const int fd = open_or_end(files[i], O_RDONLY);
        for (unsigned long j = 0; j < amount.calls; j++) {
            read_from(fd, 1, amount.bytes / amount.calls, files[i]);
            nanosleep(&kPause, NULL);
        }
        close(fd);
    }
}

static pid_t start_one(unsigned long number, char *how, char **files, unsigned long count) {
    char *const program = after(how, "exec"), *const user = after(how, "uid"),
                *const cgroup = after(how, "cgroup");
    char text[32], *arguments[kMaxFiles + 4] = {program, "one", text};
    const pid_t pid = fork();
    if (pid < 0) err(1, "fork");
    if (pid > 0) return pid;
    if (program) {
        snprintf(text, sizeof(text), "%lu", number);
        memcpy(arguments + 3, files, count * sizeof(*files));
        execv(program, arguments);
        err(1, "%s", program);
    }
    if (user) become_user(user);
    if (cgroup) join_cgroup(cgroup);
    be_one(number, files, count);
    _exit(0);
}

/* The kernel's sums of a process that has ended and is not reaped. */
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

/* Waits for one that is among these; returns its place, and the kernel's sums of it. */
static unsigned reap_one(pid_t *pids, struct Amount *io) {
    siginfo_t info;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT)) err(1, "waitid");
    if (info.si_code != CLD_EXITED || info.si_status != 0)
        errx(1, "process %d ended with %d", info.si_pid, info.si_status);
    *io = io_of(info.si_pid);
    waitpid(info.si_pid, NULL, 0);
    for (unsigned i = 0; i < kAtOnce; i++)
        if (pids[i] == info.si_pid) return i;
    errx(1, "process %d is nobody's", info.si_pid);
}

/* What exec itself reads: the sums of a process that does nothing else. */
static struct Amount io_of_exec(char *how) {
    pid_t pids[kAtOnce] = {0};
    struct Amount io = {0, 0};
    if (!after(how, "exec")) return io;
    pids[0] = start_one(0, how, NULL, 0);
    reap_one(pids, &io);
    return io;
}

static void add(struct Amount *sum, struct Amount more) {
    sum->bytes += more.bytes;
    sum->calls += more.calls;
}

static void storm(unsigned long processes, char **ways, char **files, unsigned long count) {
    struct Amount sums[kWays][kMaxFiles] = {0}, of_exec[kWays];
    unsigned long numbers[kAtOnce];
    pid_t pids[kAtOnce] = {0};
    for (unsigned i = 0; i < kWays; i++) of_exec[i] = io_of_exec(ways[i]);
    for (unsigned long next = 0, ended = 0; ended < processes;) {
        unsigned place = 0;
        while (place < kAtOnce && pids[place]) place++;
        if (next < processes && place < kAtOnce) {
            numbers[place] = next;
            pids[place] = start_one(next, ways[next % kWays], files, count);
            next++;
            continue;
        }
        struct Amount io, made;
        place = reap_one(pids, &io);
        const unsigned long number = numbers[place];
        made = of_exec[number % kWays];
        for (unsigned long i = 0; i < count; i++) {
            add(&made, amount_of(number, i));
            add(&sums[number % kWays][i], amount_of(number, i));
        }
        if (io.bytes != made.bytes || io.calls != made.calls)
            errx(1, "process %lu: %llu bytes, %llu calls are not what it read", number, io.bytes,
                 io.calls);
        pids[place] = 0;
        ended++;
    }
    for (unsigned way = 0; way < kWays; way++)
        for (unsigned long i = 0; i < count; i++)
            printf("%u %s %llu %llu\n", way + 1, files[i], sums[way][i].bytes,
                   sums[way][i].calls);
}

/* A stream. */

enum Sign { kReading, kMoving, kMoved, kEnd };

struct Control {
    atomic_ullong sign; /* what the other side says; the rest is the reader's */
    atomic_ullong reads;
    atomic_ullong reads_at_moving; /* made when it saw the sign */
    atomic_ullong reads_at_moved;
};

static const char *stream_path;
static struct Control *control;

static void *stream(void *unused) {
    const int fd = open_or_end(stream_path, O_RDONLY);
    unsigned long long seen = kReading, reads = 0;
    while (seen != kEnd) {
        const unsigned long long sign = atomic_load(&control->sign);
        if (seen < kMoving && sign >= kMoving) atomic_store(&control->reads_at_moving, reads);
        if (seen < kMoved && sign >= kMoved) atomic_store(&control->reads_at_moved, reads);
        seen = sign;
        read_from(fd, 1, 1, stream_path);
        atomic_store(&control->reads, ++reads);
    }
    return unused;
}

static void in_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, argument)) errx(1, "pthread_create");
    pthread_join(thread, NULL);
}

static void begin_stream(const char *path, const char *control_path, bool by_thread) {
    const int fd = open_or_end(control_path, O_RDWR);
    control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED) err(1, "%s", control_path);
    stream_path = path;
    if (by_thread) in_thread(stream, NULL);
    else stream(NULL);
}

/* Steps. */

static void *be_named(void *name) {
    if (prctl(PR_SET_NAME, name)) err(1, "prctl");
    return NULL;
}

/* FILE:READS:BYTES */
static void *read_as_told(void *text) {
    char *rest = text;
    const char *path = strsep(&rest, ":"), *reads = strsep(&rest, ":");
    if (!rest) errx(64, "%s", kUsage);
    const int fd = open_or_end(path, O_RDONLY);
    read_from(fd, strtoul(reads, NULL, 10), strtoul(rest, NULL, 10), path);
    close(fd);
    return NULL;
}

static void *read_as_named(void *text) {
    char *rest = text;
    be_named(strsep(&rest, ":"));
    return read_as_told(rest);
}

static void tell(const char *path) {
    char text[kMaxBytes], cgroup[kMaxBytes] = "";
    const int fd = open_or_end("/proc/self/cgroup", O_RDONLY);
    if (read(fd, cgroup, sizeof(cgroup) - 1) < 0) err(1, "cgroup");
    close(fd);
    snprintf(text, sizeof(text), "%d\n%.4000s", getpid(), cgroup);
    write_text(path, text);
}

static void go_on_as_child(bool waits) {
    int status;
    const pid_t parent = getpid(), child = fork();
    if (child < 0) err(1, "fork");
    if (child > 0) {
        if (waits && (waitpid(child, &status, 0) < 0 || status)) errx(1, "the child failed");
        _exit(0);
    }
    while (!waits && getppid() == parent) nanosleep(&kPause, NULL);
}

static void go_on_as_program(char *program, char **steps, unsigned long count) {
    char **arguments = calloc(count + 3, sizeof(*arguments));
    if (!arguments) err(1, "calloc");
    arguments[0] = program;
    arguments[1] = "steps";
    memcpy(arguments + 2, steps, count * sizeof(*steps));
    execv(program, arguments);
    err(1, "%s", program);
}

static void do_steps(char **steps, unsigned long count);

struct Rest {
    char *program;
    char **steps;
    unsigned long count;
};

static void *go_on(void *argument) {
    const struct Rest *rest = argument;
    if (rest->program) go_on_as_program(rest->program, rest->steps, rest->count);
    go_on_as_child(true);
    do_steps(rest->steps, rest->count);
    _exit(0);
}

static bool is_plain_step(char *step) {
    char *value;
    if ((value = after(step, "read"))) read_as_told(value);
    else if ((value = after(step, "thread"))) in_thread(read_as_named, value);
    else if ((value = after(step, "name"))) be_named(value);
    else if ((value = after(step, "thread-name"))) in_thread(be_named, value);
    else if ((value = after(step, "uid"))) become_user(value);
    else if ((value = after(step, "cgroup"))) join_cgroup(value);
    else if ((value = after(step, "tell"))) tell(value);
    else return false;
    return true;
}

static void do_steps(char **steps, unsigned long count) {
    for (unsigned long i = 0; i < count; i++) {
        struct Rest rest = {NULL, steps + i + 1, count - i - 1};
        if (is_plain_step(steps[i])) continue;
        if ((rest.program = after(steps[i], "exec")))
            go_on_as_program(rest.program, rest.steps, rest.count);
        else if ((rest.program = after(steps[i], "thread-exec")) ||
                 strcmp(steps[i], "thread-fork") == 0)
            in_thread(go_on, &rest);
        else if (strcmp(steps[i], "fork") == 0) go_on_as_child(true);
        else if (strcmp(steps[i], "orphan") == 0) go_on_as_child(false);
        else if (strcmp(steps[i], "stop") == 0) raise(SIGSTOP);
        else errx(64, "%s\n%s", steps[i], kUsage);
    }
}

int main(int argc, char **argv) {
    const unsigned long count = (unsigned long)argc;
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "storm") == 0 && count > 5 && count - 5 <= kMaxFiles)
        storm(strtoul(argv[2], NULL, 10), argv + 3, argv + 5, count - 5);
    else if (strcmp(what, "one") == 0 && count > 2)
        be_one(strtoul(argv[2], NULL, 10), argv + 3, count - 3);
    else if (strcmp(what, "stream") == 0 && count >= 4)
        begin_stream(argv[2], argv[3], count > 4);
    else if (strcmp(what, "steps") == 0) do_steps(argv + 2, count - 2);
    else errx(64, "%s", kUsage);
    return 0;
}
