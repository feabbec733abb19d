// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/unique_fd.h"

namespace vfswatchd {
namespace {

Result<FileText> read_open(const UniqueFd& fd, const struct ::stat& status,
                           std::size_t most_bytes) {
    FileText file{{}, status.st_mode};
    std::array<char, std::size_t{64} * 1024> chunk;
    while (file.text.size() <= most_bytes) {
        const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(errno_error(errno, "cannot read"));
        if (got == 0) break;
        file.text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    file.text.resize(std::min(file.text.size(), most_bytes + 1));
    return file;
}

Result<FileText> read_opened_with(int flags, const std::string& path, std::size_t most_bytes,
                                  bool regular) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
    if (!fd) return fail(errno_error(errno, "cannot open"));
    struct ::stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail(errno_error(errno, "cannot read"));
    if (regular && !S_ISREG(status.st_mode)) {
        if (S_ISDIR(status.st_mode)) return fail(errno_error(EISDIR, "cannot read"));
        return fail(plain_error("is no regular file"));
    }
    return read_open(fd, status, most_bytes);
}

}  // namespace

Result<FileText> read_file(const std::string& path, std::size_t most_bytes) {
    return read_opened_with(0, path, most_bytes, false);
}

Result<FileText> read_regular_file(const std::string& path, std::size_t most_bytes) {
    // A FIFO that nobody writes to would be waited for.
    return read_opened_with(O_NONBLOCK, path, most_bytes, true);
}

}  // namespace vfswatchd
