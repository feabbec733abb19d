// SPDX-License-Identifier: Apache-2.0
#include "service/control_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace vfswatchd {
namespace {

// Everybody may see that there is a daemon; its socket has a mode of its own.
constexpr mode_t kDirectoryMode = 0755;
constexpr mode_t kFileMode = 0600;

Result<void> make_directory(const std::string& directory) {
    if (mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
    return fail(errno_error(errno, "make " + directory));
}

/// The file stays behind: whoever removes it may remove one that another daemon has just locked.
Result<UniqueFd> open_file(const std::string& name) {
    // The directory may be another user's, with a link or a fifo there.
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    UniqueFd file(open(name.c_str(), flags, kFileMode));
    struct stat status {};
    if (!file || fstat(file.get(), &status) != 0) return fail(errno_error(errno, "open " + name));
    if (!S_ISREG(status.st_mode)) return fail(plain_error(name + " is not a plain file"));
    return file;
}

struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

/// Absent: this process has it now.
Result<std::optional<pid_t>> lock_or_find_holder(int file) {
    while (true) {
        struct flock lock = whole_file();
        if (fcntl(file, F_SETLK, &lock) == 0) return std::nullopt;
        if (errno != EAGAIN && errno != EACCES) return fail(errno_error(errno, "lock"));
        lock = whole_file();
        if (fcntl(file, F_GETLK, &lock) != 0) return fail(errno_error(errno, "ask for the lock"));
        // Unlocked: it ended in between.
        if (lock.l_type != F_UNLCK) return std::max(lock.l_pid, pid_t{0});
    }
}

}  // namespace

Result<ControlLock> ControlLock::take(const std::string& directory) {
    if (auto done = make_directory(directory); !done) return fail(done.error());
    const std::string name = directory + "/control.lock";
    auto file = open_file(name);
    if (!file) return fail(file.error());
    const auto holder = lock_or_find_holder(file->get());
    if (!holder) return fail(holder.error().within(name));
    return ControlLock(std::move(*file), *holder);
}

}  // namespace vfswatchd
