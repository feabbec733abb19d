// SPDX-License-Identifier: Apache-2.0
/*
 * Readers whose every call is known: each goes through its share of the files
 * in turn, with the calls it was told to use.  At the end the parent prints
 * what the calls returned, one line a file: PATH BYTES CALLS, of a mix also
 * EOFS ERRORS.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char kUsage[] =
    "usage: readers [-p] [-t READERS] [-n READS] [-b BYTES] [-c CALLS] [-i NS] [-m SEED] FILE...\n"
    "  -p  processes instead of threads\n"
    "  -t  how many read at once; the files are shared out evenly (1)\n"
    "  -n  reads of each reader (1000)\n"
    "  -b  bytes of each read (1)\n"
    "  -c  calls, one letter each, used in turn (p): r read, p pread, v readv,\n"
    "      w preadv2, s sendfile, c copy_file_range; k sendfile into a pipe;\n"
    "      not accounted as reads: l splice, d getdents64, o write,\n"
    "      x a copy_file_range that is refused\n"
    "  -m  a mix from this seed: files and calls in random order, some calls at\n"
    "      the end of the file, some with memory that cannot be written\n"
    "  -i  nanoseconds from one read to the next; late ones are caught up (0)\n";

enum { kMaxBytes = 1 << 20, kMaxFilesOfOne = 64, kMaxReaders = 256 };
enum { kListBytes = 4096 };

/* A position that no file reaches and every file system takes. */
static const off_t kBeyond = 1 << 30;

/* What is special about a call. */
enum Fate { kPlain, kAtEnd, kNoMemory };

/* What one reader's calls on one file returned; shared with its parent. */
struct Tally {
    unsigned long long bytes;
    unsigned long long calls;
    unsigned long long eofs;
    unsigned long long errors;
};

struct Settings {
    bool processes;
    unsigned long readers;
    unsigned long reads;
    unsigned long bytes;
    const char *calls;
    unsigned long interval_ns;
    unsigned long seed; /* of a mix, else 0 */
    char **paths;
    unsigned long files_of_one;
    struct Tally *tallies; /* one for each path */
};

struct Reader {
    const struct Settings *settings;
    unsigned long number;
    int fds[kMaxFilesOfOne];
    int write_fds[kMaxFilesOfOne];
    int null_fd;
    int copy_fd;
    int list_fd;
    int pipe_fds[2];
    char *buffer;
    char *no_memory;
    unsigned long long random;
};

static struct Settings settings = {.readers = 1, .reads = 1000, .bytes = 1, .calls = "p"};

static bool uses(const struct Reader *reader, char letter) {
    return strchr(reader->settings->calls, letter) != NULL;
}

/* Splice again, so that nothing of it is accounted. */
static ssize_t emptied(const struct Reader *reader, ssize_t bytes) {
    for (ssize_t left = bytes; left > 0;) {
        const ssize_t moved =
            splice(reader->pipe_fds[0], NULL, reader->null_fd, NULL, (size_t)left, 0);
        if (moved <= 0) err(1, "empty the pipe");
        left -= moved;
    }
    return bytes;
}

static ssize_t list(const struct Reader *reader) {
    char entries[kListBytes];
    lseek(reader->list_fd, 0, SEEK_SET);
    return syscall(SYS_getdents64, reader->list_fd, entries, sizeof(entries));
}

static ssize_t call(const struct Reader *reader, char letter, unsigned long file, enum Fate fate) {
    const size_t bytes = reader->settings->bytes;
    const int fd = reader->fds[file];
    char *buffer = fate == kNoMemory ? reader->no_memory : reader->buffer;
    struct iovec halves[2] = {{buffer, bytes / 2}, {buffer + bytes / 2, bytes - bytes / 2}};
    off_t from = fate == kAtEnd ? kBeyond : 0, to = 0;
    switch (letter) {
        case 'r':
            return read(fd, buffer, bytes);
        case 'p':
            return pread(fd, buffer, bytes, from);
        case 'v':
            return readv(fd, halves, 2);
        case 'w':
            return preadv2(fd, halves, 2, from, 0);
        case 's':
            return sendfile(reader->null_fd, fd, &from, bytes);
        case 'c':
            return copy_file_range(fd, &from, reader->copy_fd, &to, bytes, 0);
        case 'x':
            return copy_file_range(fd, &from, reader->pipe_fds[1], NULL, bytes, 0);
        case 'k':
            return emptied(reader, sendfile(reader->pipe_fds[1], fd, &from, bytes));
        case 'l':
            return emptied(reader, splice(fd, &from, reader->pipe_fds[1], NULL, bytes, 0));
        case 'd':
            return list(reader);
        case 'o':
            return pwrite(reader->write_fds[file], reader->buffer, bytes, 0);
        default:
            errx(64, "no such call: %c", letter);
    }
}

/* What the kernel accounts of a call. */
static void count(struct Tally *tally, char letter, ssize_t got) {
    // copy_file_range returns before it counts when there is nothing to copy.
    if (strchr("ldox", letter) || (letter == 'c' && got == 0)) return;
    tally->calls++;
    tally->bytes += got > 0 ? (unsigned long long)got : 0;
    tally->eofs += got == 0;
    tally->errors += got < 0;
}

static void wait_for_turn(struct timespec *turn, unsigned long interval_ns) {
    if (interval_ns == 0) return;
    turn->tv_nsec += (long)interval_ns;
    turn->tv_sec += turn->tv_nsec / 1000000000;
    turn->tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, turn, NULL) == EINTR) continue;
}

static int open_or_end(const char *path, int flags) {
    const int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0) err(1, "%s", path);
    return fd;
}

static void open_files(struct Reader *reader) {
    const struct Settings *of = reader->settings;
    for (unsigned long i = 0; i < of->files_of_one; i++) {
        const char *path = of->paths[reader->number * of->files_of_one + i];
        reader->fds[i] = open_or_end(path, O_RDONLY);
        if (uses(reader, 'o')) reader->write_fds[i] = open_or_end(path, O_WRONLY);
    }
    reader->null_fd = open_or_end("/dev/null", O_WRONLY);
    // copy_file_range wants a regular file, and within one file system.
    if (uses(reader, 'c')) reader->copy_fd = open_or_end("/srv", O_TMPFILE | O_WRONLY);
    if (uses(reader, 'd')) reader->list_fd = open_or_end("/srv", O_RDONLY | O_DIRECTORY);
    if (pipe2(reader->pipe_fds, O_CLOEXEC) < 0) err(1, "pipe");
    reader->buffer = calloc(1, of->bytes);
    reader->no_memory = mmap(NULL, of->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!reader->buffer || reader->no_memory == MAP_FAILED) err(1, "buffer");
}

static void read_in_turn(struct Reader *reader, unsigned long turn) {
    const struct Settings *of = reader->settings;
    const unsigned long file = turn % of->files_of_one;
    // Each kind of call meets each file, whatever the two counts have in common.
    const char letter = of->calls[(turn / of->files_of_one) % strlen(of->calls)];
    const ssize_t got = call(reader, letter, file, kPlain);
    if (got < 0) err(1, "%c", letter);
    count(&of->tallies[reader->number * of->files_of_one + file], letter, got);
    if (got == 0) lseek(reader->fds[file], 0, SEEK_SET);
}

/* The errors that a mix asks for. */
static bool is_meant(char letter, enum Fate fate) {
    return letter == 'x' ? errno == EINVAL : fate == kNoMemory && errno == EFAULT;
}

/* xorshift64* */
static unsigned long below(struct Reader *reader, unsigned long limit) {
    reader->random ^= reader->random >> 12;
    reader->random ^= reader->random << 25;
    reader->random ^= reader->random >> 27;
    return (unsigned long)((reader->random * 2685821657736338717ULL) >> 33) % limit;
}

/* Only what copies into our memory fails for want of it. */
static enum Fate choose_fate(struct Reader *reader, char letter) {
    const unsigned long number = below(reader, 8);
    if (number == 0 && strchr("rpvwsc", letter)) return kAtEnd;
    if (number == 1 && strchr("rpvw", letter)) return kNoMemory;
    return kPlain;
}

static void read_at_random(struct Reader *reader) {
    const struct Settings *of = reader->settings;
    const unsigned long file = below(reader, of->files_of_one);
    const char letter = of->calls[below(reader, strlen(of->calls))];
    const enum Fate fate = choose_fate(reader, letter);
    if (fate == kAtEnd) lseek(reader->fds[file], kBeyond, SEEK_SET);
    const ssize_t got = call(reader, letter, file, fate);
    if (got < 0 && !is_meant(letter, fate)) err(1, "%c", letter);
    count(&of->tallies[reader->number * of->files_of_one + file], letter, got);
    if (got == 0 || fate == kAtEnd) lseek(reader->fds[file], 0, SEEK_SET);
}

static void *run_reader(void *argument) {
    struct Reader *reader = argument;
    const struct Settings *of = reader->settings;
    struct timespec turn;
    reader->random = of->seed + reader->number;
    open_files(reader);
    clock_gettime(CLOCK_MONOTONIC, &turn);
    for (unsigned long i = 0; i < of->reads; i++) {
        if (of->seed) read_at_random(reader);
        else read_in_turn(reader, i);
        wait_for_turn(&turn, of->interval_ns);
    }
    return NULL;
}

static void run_processes(struct Reader *readers) {
    int status, failed = 0;
    for (unsigned long i = 0; i < settings.readers; i++) {
        const pid_t child = fork();
        if (child < 0) err(1, "fork");
        if (child == 0) {
            run_reader(&readers[i]);
            _exit(0);
        }
    }
    for (unsigned long i = 0; i < settings.readers; i++)
        failed |= wait(&status) < 0 || status != 0;
    if (failed) errx(1, "a reader failed");
}

static void run_threads(struct Reader *readers) {
    pthread_t threads[kMaxReaders];
    for (unsigned long i = 0; i < settings.readers; i++)
        if (pthread_create(&threads[i], NULL, run_reader, &readers[i])) errx(1, "pthread_create");
    for (unsigned long i = 0; i < settings.readers; i++) pthread_join(threads[i], NULL);
}

static void read_arguments(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "pt:n:b:c:i:m:")) != -1) {
        if (option == 'p') settings.processes = true;
        else if (option == 't') settings.readers = strtoul(optarg, NULL, 10);
        else if (option == 'n') settings.reads = strtoul(optarg, NULL, 10);
        else if (option == 'b') settings.bytes = strtoul(optarg, NULL, 10);
        else if (option == 'c') settings.calls = optarg;
        else if (option == 'i') settings.interval_ns = strtoul(optarg, NULL, 10);
        else if (option == 'm') settings.seed = strtoul(optarg, NULL, 10);
        else errx(64, "%s", kUsage);
    }
    settings.paths = argv + optind;
    const unsigned long files = (unsigned long)(argc - optind);
    if (settings.readers == 0 || settings.readers > kMaxReaders || files == 0 ||
        files % settings.readers != 0 || settings.bytes == 0 || settings.bytes > kMaxBytes)
        errx(64, "%s", kUsage);
    settings.files_of_one = files / settings.readers;
    if (settings.files_of_one > kMaxFilesOfOne) errx(64, "%s", kUsage);
}

int main(int argc, char **argv) {
    static struct Reader readers[kMaxReaders];
    read_arguments(argc, argv);
    const unsigned long files = settings.readers * settings.files_of_one;
    settings.tallies = mmap(NULL, files * sizeof(struct Tally), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (settings.tallies == MAP_FAILED) err(1, "tallies");
    for (unsigned long i = 0; i < settings.readers; i++)
        readers[i] = (struct Reader){.settings = &settings, .number = i};
    if (settings.processes) run_processes(readers);
    else run_threads(readers);
    for (unsigned long i = 0; i < files; i++) {
        const struct Tally *tally = &settings.tallies[i];
        printf("%s %llu %llu", settings.paths[i], tally->bytes, tally->calls);
        if (settings.seed) printf(" %llu %llu", tally->eofs, tally->errors);
        putchar('\n');
    }
    return 0;
}
