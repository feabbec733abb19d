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

Result<FileText> read_file(const std::string& path, std::size_t most_bytes) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail(errno_error(errno, "cannot open"));
    struct ::stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail(errno_error(errno, "cannot read"));
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

}  // namespace vfswatchd
