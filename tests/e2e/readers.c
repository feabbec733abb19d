// SPDX-License-Identifier: Apache-2.0
/*
 * Readers whose every call is known: each goes through its share of the files
 * in turn, with the calls it was told to use.  At the end the parent prints
 * what the calls returned, one line a file: PATH BYTES CALLS.
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
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char kUsage[] =
    "usage: readers [-p] [-t READERS] [-n READS] [-b BYTES] [-c CALLS] [-i NS] FILE...\n"
    "  -p  processes instead of threads\n"
    "  -t  how many read at once; the files are shared out evenly (1)\n"
    "  -n  reads of each reader (1000)\n"
    "  -b  bytes of each read (1)\n"
    "  -c  calls, one letter each, used in turn (p): r read, p pread, v readv,\n"
    "      w preadv2, s sendfile, c copy_file_range\n"
    "  -i  nanoseconds from one read to the next; late ones are caught up (0)\n";

enum { kMaxBytes = 1 << 20, kMaxFilesOfOne = 64, kMaxReaders = 256 };

/* What one reader's calls on one file returned; shared with its parent. */
struct Tally {
    unsigned long long bytes;
    unsigned long long calls;
};

struct Settings {
    bool processes;
    unsigned long readers;
    unsigned long reads;
    unsigned long bytes;
    const char *calls;
    unsigned long interval_ns;
    char **paths;
    unsigned long files_of_one;
    struct Tally *tallies; /* one for each path */
};

struct Reader {
    const struct Settings *settings;
    unsigned long number;
    int fds[kMaxFilesOfOne];
    int null_fd;
    int copy_fd;
    char *buffer;
};

static struct Settings settings = {.readers = 1, .reads = 1000, .bytes = 1, .calls = "p"};

static ssize_t call(const struct Reader *reader, char letter, int fd) {
    const size_t bytes = reader->settings->bytes;
    struct iovec halves[2] = {{reader->buffer, bytes / 2},
                              {reader->buffer + bytes / 2, bytes - bytes / 2}};
    off_t from = 0, to = 0;
    switch (letter) {
        case 'r':
            return read(fd, reader->buffer, bytes);
        case 'p':
            return pread(fd, reader->buffer, bytes, 0);
        case 'v':
            return readv(fd, halves, 2);
        case 'w':
            return preadv2(fd, halves, 2, 0, 0);
        case 's':
            return sendfile(reader->null_fd, fd, &from, bytes);
        case 'c':
            return copy_file_range(fd, &from, reader->copy_fd, &to, bytes, 0);
        default:
            errx(64, "no such call: %c", letter);
    }
}

static void wait_for_turn(struct timespec *turn, unsigned long interval_ns) {
    if (interval_ns == 0) return;
    turn->tv_nsec += (long)interval_ns;
    turn->tv_sec += turn->tv_nsec / 1000000000;
    turn->tv_nsec %= 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, turn, NULL) == EINTR) continue;
}

static void open_files(struct Reader *reader) {
    const struct Settings *settings_of = reader->settings;
    for (unsigned long i = 0; i < settings_of->files_of_one; i++) {
        const char *path = settings_of->paths[reader->number * settings_of->files_of_one + i];
        reader->fds[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (reader->fds[i] < 0) err(1, "%s", path);
    }
    reader->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    // copy_file_range wants a regular file, and within one file system.
    reader->copy_fd = open("/srv", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (strchr(settings_of->calls, 'c') && reader->copy_fd < 0) err(1, "a file to copy to");
    reader->buffer = malloc(settings_of->bytes);
    if (!reader->buffer) err(1, "buffer");
}

static void *run_reader(void *argument) {
    struct Reader *reader = argument;
    const struct Settings *of = reader->settings;
    const size_t kinds = strlen(of->calls);
    struct timespec turn;
    open_files(reader);
    clock_gettime(CLOCK_MONOTONIC, &turn);
    for (unsigned long i = 0; i < of->reads; i++) {
        const unsigned long file = i % of->files_of_one;
        struct Tally *tally = &of->tallies[reader->number * of->files_of_one + file];
        // Each kind of call meets each file, whatever the two counts have in common.
        const char letter = of->calls[(i / of->files_of_one) % kinds];
        const ssize_t got = call(reader, letter, reader->fds[file]);
        if (got < 0) err(1, "%c", letter);
        tally->calls++;
        tally->bytes += (unsigned long long)got;
        if (got == 0) lseek(reader->fds[file], 0, SEEK_SET);
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
    while ((option = getopt(argc, argv, "pt:n:b:c:i:")) != -1) {
        if (option == 'p') settings.processes = true;
        else if (option == 't') settings.readers = strtoul(optarg, NULL, 10);
        else if (option == 'n') settings.reads = strtoul(optarg, NULL, 10);
        else if (option == 'b') settings.bytes = strtoul(optarg, NULL, 10);
        else if (option == 'c') settings.calls = optarg;
        else if (option == 'i') settings.interval_ns = strtoul(optarg, NULL, 10);
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
    for (unsigned long i = 0; i < files; i++)
        printf("%s %llu %llu\n", settings.paths[i], settings.tallies[i].bytes,
               settings.tallies[i].calls);
    return 0;
}
