// SPDX-License-Identifier: Apache-2.0
#include "service/kept_file.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace vfswatchd {

Result<KeptFile> KeptFile::create(const char* name) {
    UniqueFd fd(memfd_create(name, MFD_CLOEXEC));
    if (!fd) return fail(errno_error(errno, "make a file in memory"));
    return KeptFile(std::move(fd));
}

KeptFile::KeptFile(UniqueFd fd) : fd_(std::move(fd)) {
    Head head;
    struct stat status {};
    const bool there = pread(fd_.get(), &head, sizeof(head), 0) == sizeof(head) &&
                       fstat(fd_.get(), &status) == 0 &&
                       sizeof(head) + head.bytes <= static_cast<std::uint64_t>(status.st_size);
    if (there) head_ = head;
}

Result<std::string> KeptFile::read() const {
    std::string bytes(head_.bytes, '\0');
    std::size_t at = 0;
    while (at < bytes.size()) {
        const ssize_t got = pread(fd_.get(), bytes.data() + at, bytes.size() - at,
                                  static_cast<off_t>(sizeof(Head) + at));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(errno_error(errno, "read a file in memory"));
        if (got == 0) return fail(plain_error("a file in memory is shorter than it says"));
        at += static_cast<std::size_t>(got);
    }
    return bytes;
}

Result<void> KeptFile::write(std::uint64_t sequence, std::string_view bytes) {
    if (auto done = commit({}); !done) return done;
    if (auto done = write_at(sizeof(Head), bytes); !done) return done;
    // What was longer before is given back.
    if (ftruncate(fd_.get(), static_cast<off_t>(sizeof(Head) + bytes.size())) != 0)
        return fail(errno_error(errno, "cut a file in memory"));
    return commit({sequence, bytes.size()});
}

Result<void> KeptFile::append(std::string_view bytes) {
    if (auto done = write_at(sizeof(Head) + head_.bytes, bytes); !done) return done;
    return commit({head_.sequence, head_.bytes + bytes.size()});
}

Result<void> KeptFile::write_at(std::uint64_t offset, std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t put =
            pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail(errno_error(errno, "write to a file in memory"));
        offset += static_cast<std::uint64_t>(put);
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

/// The head says how much is whole. Its few bytes lie in one page, which the kernel fills in one go
/// even if the process is killed meanwhile.
Result<void> KeptFile::commit(Head head) {
    const std::string_view bytes(reinterpret_cast<const char*>(&head), sizeof(head));
    if (auto done = write_at(0, bytes); !done) return done;
    head_ = head;
    return {};
}

}  // namespace vfswatchd
