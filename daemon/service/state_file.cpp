// SPDX-License-Identifier: Apache-2.0
#include "service/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "base/bytes.h"
#include "base/unique_fd.h"

namespace vfswatchd {
namespace {

// It names what was read, by whom.
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
/// What is behind it is read by the layout that the state itself begins with.
constexpr std::string_view kMark = "vfswatchd state 1\n";

std::string directory_of(const std::string& path) {
    return std::filesystem::path(path).parent_path();
}

std::string encoded(const StoppedState& stopped, const std::string& boot) {
    ByteWriter out;
    out.put_text(kMark);
    out.put_text(boot);
    out.put_count(stopped.objects.size());
    for (const std::string& name : stopped.objects)
        out.put_text(name);
    out.put_text(stopped.state);
    return out.bytes();
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t put = write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail(errno_error(errno, "write"));
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

Result<std::string> read_all(int fd) {
    std::string bytes;
    std::array<char, 65536> part;
    while (true) {
        const ssize_t got = read(fd, part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(errno_error(errno, "read"));
        if (got == 0) return bytes;
        bytes.append(part.data(), static_cast<std::size_t>(got));
    }
}

/// Root may have been the one who started the daemon, and the service's user the next.
Result<void> give_to_owner(int fd, const std::string& directory) {
    struct stat wanted {};
    struct stat now {};
    if (stat(directory.c_str(), &wanted) != 0 || fstat(fd, &now) != 0)
        return fail(errno_error(errno, "look at the owner"));
    if (wanted.st_uid == now.st_uid || fchown(fd, wanted.st_uid, wanted.st_gid) == 0) return {};
    return fail(errno_error(errno, "give it to the directory's owner"));
}

}  // namespace

Result<void> StateFile::write(const StoppedState& stopped) const {
    const std::string directory = directory_of(path_);
    if (mkdir(directory.c_str(), kDirectoryMode) != 0 && errno != EEXIST)
        return fail(errno_error(errno, "make " + directory));
    if (auto done = write_new(encoded(stopped, boot_)); !done) {
        unlink(path_of_new().c_str());
        return fail(done.error().within(path_of_new()));
    }
    if (std::rename(path_of_new().c_str(), path_.c_str()) == 0) return {};
    return fail(errno_error(errno, "rename to " + path_));
}

Result<void> StateFile::write_new(const std::string& bytes) const {
    const std::string path = path_of_new();
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
        return fail(errno_error(errno, "remove what is there"));
    const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
    if (!file) return fail(errno_error(errno, "make"));
    if (auto done = give_to_owner(file.get(), directory_of(path)); !done) return done;
    if (auto done = write_all(file.get(), bytes); !done) return done;
    if (fsync(file.get()) != 0) return fail(errno_error(errno, "write to the disk"));
    return {};
}

Result<std::optional<StoppedState>> StateFile::read() const {
    // The directory may be another user's, with a link or a fifo there.
    const UniqueFd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) return fail(errno_error(errno, "open " + path_));
    const auto bytes = read_all(file.get());
    if (!bytes) return fail(bytes.error().within(path_));
    ByteReader in(*bytes);
    const bool marked = in.get_text() == kMark;
    const std::string boot = in.get_text();
    if (marked && !in.failed() && boot != boot_) return std::nullopt;
    StoppedState stopped;
    const std::size_t objects = in.get_count();
    for (std::size_t i = 0; i < objects; i++)
        stopped.objects.push_back(in.get_text());
    stopped.state = in.get_text();
    if (!marked || !in.finished()) return fail(plain_error(path_ + " is not whole"));
    return stopped;
}

Result<bool> StateFile::remove() const {
    // What a process left that was killed while it wrote.
    unlink(path_of_new().c_str());
    if (unlink(path_.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    return fail(errno_error(errno, "remove " + path_));
}

}  // namespace vfswatchd
