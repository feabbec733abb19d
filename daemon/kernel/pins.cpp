// SPDX-License-Identifier: Apache-2.0
#include "kernel/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

namespace vfswatchd {
namespace {

// Whoever may open a pin has the object: what was read by all, and the programs' tables.
constexpr mode_t kDirectoryMode = 0700;

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

// What names of objects begin with: Probes::objects().
constexpr std::array<std::string_view, 4> kOurs = {"map-", "accounting", "exit", "paths"};

bool is_ours(std::string_view name) {
    return std::any_of(kOurs.begin(), kOurs.end(),
                       [&](std::string_view start) { return name.starts_with(start); });
}

bool is_in_bpffs(const std::string& path) {
    struct statfs status {};
    return statfs(path.c_str(), &status) == 0 &&
           static_cast<unsigned long>(status.f_type) == BPF_FS_MAGIC;
}

}  // namespace

Result<void> Pins::prepare() const {
    // Elsewhere it would be of no use.
    if (is_in_bpffs(std::filesystem::path(directory_).parent_path()))
        if (mkdir(directory_.c_str(), kDirectoryMode) != 0 && errno != EEXIST)
            return fail(errno_error(errno, "make " + directory_));
    if (!is_in_bpffs(directory_))
        return fail(plain_error(directory_ +
                                " is in no bpffs: is one mounted on /sys/fs/bpf, and is the "
                                "directory there?"));
    // The kernel asks for no more than that, beside CAP_BPF where bpf() takes it.
    if (access(directory_.c_str(), W_OK | X_OK) != 0) return fail(errno_error(errno, directory_));
    return {};
}

Result<void> Pins::make(const ObjectsToKeep& objects) const {
    if (auto done = prepare(); !done) return done;
    for (const auto& [name, fd] : objects) {
        if (bpf_obj_pin(fd, path_of(name).c_str()) == 0) continue;
        const int number = errno;
        (void)remove();
        return fail(errno_error(number, "pin " + name));
    }
    return {};
}

Result<KeptObjects> Pins::open(const std::vector<std::string>& names) const {
    KeptObjects objects;
    for (const std::string& name : names) {
        UniqueFd fd(bpf_obj_get(path_of(name).c_str()));
        if (!fd) return fail(errno_error(errno, "open the pin " + path_of(name)));
        objects[name] = std::move(fd);
    }
    return objects;
}

Result<std::size_t> Pins::count() const {
    const auto names = files();
    if (!names) return fail(names.error());
    return names->size();
}

Result<std::size_t> Pins::remove() const {
    const auto names = files();
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
        const std::string path = directory_ + "/" + name;
        if (unlink(path.c_str()) != 0) return fail(errno_error(errno, "remove " + path));
    }
    return names->size();
}

Result<std::vector<std::string>> Pins::files() const {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, CloseDirectory> directory(opendir(directory_.c_str()));
    if (!directory && errno == ENOENT) return names;
    if (!directory) return fail(errno_error(errno, "open " + directory_));
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        // Others may have theirs beside.
        if (is_ours(name)) names.emplace_back(name);
    }
    return names;
}

/// A bpffs takes no dots in names.
std::string Pins::path_of(std::string name) const {
    std::replace(name.begin(), name.end(), '.', '-');
    return directory_ + "/" + name;
}

}  // namespace vfswatchd
