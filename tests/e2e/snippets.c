// SPDX-License-Identifier: Apache-2.0
/*
 * Readers whose buffer is looked at when the read ends: the buffer ends early,
 * loses a page meanwhile, or is the next reader's.  What each knows it prints.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char kUsage[] =
    "usage: snippets pieces FILE BYTES READS THREADS\n"
    "         reads on in pieces of BYTES, READS by each thread, and prints of each read\n"
    "         TID OFFSET BYTES RETURNED\n"
    "       snippets edge FILE ROOM BYTES\n"
    "         asks once for BYTES, where only ROOM is mapped; prints TID 0 BYTES RETURNED\n"
    "       snippets torn FILE TIMES\n"
    "         reads the whole FILE, which begins with no 0, TIMES, and each time loses the first\n"
    "         page that it got before it has the last\n"
    "       snippets print FILE BYTES\n"
    "         reads once, and prints what it got\n";

enum { kMaxThreads = 16, kMaxReads = 1024, kMaxBytes = 1 << 20 };

static const char *path;
static int fd;

static size_t number_of(const char *text) {
    char *end;
    const unsigned long number = strtoul(text, &end, 10);
    if (*end || end == text || number == 0) errx(64, "%s", kUsage);
    return number;
}

static char *mapped(size_t bytes) {
    char *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) err(1, "mmap");
    return memory;
}

static void unmap(char *memory, size_t bytes) {
    if (munmap(memory, bytes)) err(1, "munmap");
}

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Pieces. */

struct Worker {
    pthread_t thread;
    pid_t tid;
    off_t from;
    ssize_t got[kMaxReads];
};

static size_t piece_bytes, reads;

static void *read_pieces(void *argument) {
    struct Worker *worker = argument;
    char *buffer = malloc(piece_bytes);
    if (!buffer) err(1, "malloc");
    worker->tid = gettid();
    for (size_t i = 0; i < reads; i++) {
        worker->got[i] = pread(fd, buffer, piece_bytes, worker->from + (off_t)(i * piece_bytes));
        if (worker->got[i] < 0) err(1, "%s", path);
    }
    free(buffer);
    return NULL;
}

/* What reads is told by its process's name, whatever its own is. */
static void *be_worker(void *argument) {
    if (prctl(PR_SET_NAME, "worker")) err(1, "prctl");
    return read_pieces(argument);
}

static void print_pieces(const struct Worker *worker) {
    for (size_t i = 0; i < reads; i++) {
        const long long from = worker->from + (off_t)(i * piece_bytes);
        printf("%d %lld %zu %zd\n", worker->tid, from, piece_bytes, worker->got[i]);
    }
}

static void pieces(size_t threads) {
    static struct Worker workers[kMaxThreads];
    if (threads > kMaxThreads || reads > kMaxReads || piece_bytes > kMaxBytes)
        errx(64, "%s", kUsage);
    for (size_t i = 0; i < threads; i++) {
        workers[i].from = (off_t)(i * reads * piece_bytes);
        if (i > 0 && pthread_create(&workers[i].thread, NULL, be_worker, &workers[i]))
            errx(1, "pthread_create");
    }
    read_pieces(&workers[0]);
    for (size_t i = 1; i < threads; i++) pthread_join(workers[i].thread, NULL);
    for (size_t i = 0; i < threads; i++) print_pieces(&workers[i]);
}

/* An edge. */

static void edge(size_t room, size_t bytes) {
    const size_t page = page_bytes(), whole = (room + page - 1) / page * page;
    char *memory = mapped(whole + page);
    unmap(memory + whole, page);
    const ssize_t got = pread(fd, memory + whole - room, bytes, 0);
    // The kernel gives what there is room for.
    if (got != (ssize_t)room) err(1, "%s: %zd", path, got);
    printf("%d 0 %zu %zd\n", gettid(), bytes, got);
}

/*
 * A buffer that is torn while it is filled.  Its last page is not there until
 * its first one is gone: the kernel, which fills it from the front, waits for
 * the last page, so the read cannot end before.
 */

struct Torn {
    char *buffer;
    size_t bytes;
    struct uffdio_range last_page;
    int faults_fd;
};

static void hold_last_page(struct Torn *torn) {
    const unsigned long long page = page_bytes();
    struct uffdio_api api = {.api = UFFD_API};
    torn->last_page.start = ((unsigned long)torn->buffer + torn->bytes - 1) / page * page;
    torn->last_page.len = page;
    struct uffdio_register held = {.range = torn->last_page, .mode = UFFDIO_REGISTER_MODE_MISSING};
    torn->faults_fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (torn->faults_fd < 0 || ioctl(torn->faults_fd, UFFDIO_API, &api) ||
        ioctl(torn->faults_fd, UFFDIO_REGISTER, &held))
        err(1, "userfaultfd");
}

static void let_last_page_come(struct Torn *torn) {
    struct uffdio_zeropage come = {.range = torn->last_page};
    if (ioctl(torn->faults_fd, UFFDIO_ZEROPAGE, &come)) err(1, "userfaultfd");
}

static void *lose_first_page(void *argument) {
    struct Torn *torn = argument;
    // Its last byte: a page that goes while it is filled ends the read there.
    while (!__atomic_load_n(torn->buffer + page_bytes() - 1, __ATOMIC_ACQUIRE)) continue;
    unmap(torn->buffer, page_bytes());
    let_last_page_come(torn);
    return NULL;
}

static void read_torn(size_t bytes) {
    struct Torn torn = {.buffer = mapped(bytes), .bytes = bytes};
    pthread_t thread;
    hold_last_page(&torn);
    if (pthread_create(&thread, NULL, lose_first_page, &torn)) errx(1, "pthread_create");
    const ssize_t got = pread(fd, torn.buffer, bytes, 0);
    if (got != (ssize_t)bytes) err(1, "%s: %zd", path, got);
    pthread_join(thread, NULL);
    close(torn.faults_fd);
    unmap(torn.buffer + page_bytes(), bytes - page_bytes());
}

static void torn(size_t times) {
    struct stat status;
    if (fstat(fd, &status)) err(1, "%s", path);
    for (size_t i = 0; i < times; i++) read_torn((size_t)status.st_size);
}

static void print(size_t bytes) {
    static char buffer[kMaxBytes];
    const ssize_t got = read(fd, buffer, bytes < kMaxBytes ? bytes : kMaxBytes);
    if (got < 0) err(1, "%s", path);
    fwrite(buffer, 1, (size_t)got, stdout);
}

int main(int argc, char **argv) {
    const char *what = argc > 3 ? argv[1] : "";
    if (argc > 3) {
        path = argv[2];
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) err(1, "%s", path);
    }
    if (strcmp(what, "pieces") == 0 && argc == 6) {
        piece_bytes = number_of(argv[3]);
        reads = number_of(argv[4]);
        pieces(number_of(argv[5]));
    } else if (strcmp(what, "edge") == 0 && argc == 5) {
        edge(number_of(argv[3]), number_of(argv[4]));
    } else if (strcmp(what, "torn") == 0 && argc == 4) {
        torn(number_of(argv[3]));
    } else if (strcmp(what, "print") == 0 && argc == 4) {
        print(number_of(argv[3]));
    } else {
        errx(64, "%s", kUsage);
    }
    return 0;
}
