// SPDX-License-Identifier: Apache-2.0
#include "service/waiting.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/fault.h"
#include "config/keys.h"
#include "config/text.h"
#include "kernel/platform.h"
#include "policy/glob.h"

namespace vfswatchd {
namespace {

namespace fs = std::filesystem;

/// Slices within slices; systemd's own are two or three deep.
constexpr int kMaxSliceDepth = 32;

class Notes {
  public:
    explicit Notes(std::string target) : target_(std::move(target)) {}

    void add(const ConfigPlace& place, const std::string& text) {
        lines_.push_back(format_place(place) + ": " + text);
    }
    void waits(const ConfigPlace& place, const std::string& text) {
        add(place, text + ": target " + target_ + " waits for it");
    }
    [[nodiscard]] const std::string& target() const { return target_; }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

  private:
    std::string target_;
    std::vector<std::string> lines_;
};

void add_pid(const PidSelector& selector, Notes& notes) {
    const auto process = process_of(selector.pid);
    const std::string pid = std::to_string(selector.pid);
    if (!process)
        notes.add(selector.place, "there is no process " + pid + " yet: target " + notes.target() +
                                      " waits for the first that gets this number");
    else if (*process != selector.pid)
        notes.add(selector.place, pid + " is a thread of process " + std::to_string(*process) +
                                      ": write that to watch it; target " + notes.target() +
                                      " waits for a process of this number");
}

/// A pattern up to its first wildcard, escapes resolved; empty: it matches at any depth.
struct LiteralStart {
    std::string text;
    bool whole = false;  ///< there is no wildcard
};

LiteralStart literal_start(std::string_view pattern) {
    LiteralStart start;
    for (const GlobStep& step : parse_glob(pattern)) {
        start.whole = step.kind == GlobKind::kBelow;
        if (step.kind != GlobKind::kByte) break;
        start.text += static_cast<char>(step.byte);
    }
    return start;
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string why_unseen(int number) {
    if (number == ENOENT || number == ENOTDIR) return "does not exist yet";
    if (number == ELOOP) return "leads through a loop of symbolic links";
    return "cannot be looked up (" + std::generic_category().message(number) + ")";
}

/// The path that the kernel shows, where it is another; empty: the same, or not known.
std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                           &std::free);
    return real && real.get() != path ? real.get() : "";
}

bool is_one_of(mode_t mode, FileTypeMask types) {
    return (unsigned{types} >> (mode >> 12U) & 1U) != 0;
}

/// Of a file, what file_types calls it.
std::string_view type_word(mode_t mode) {
    for (const FileTypeWord& type : file_type_words()) {
        if (is_one_of(mode, type.types)) return type.word;
    }
    return "";
}

/// A path of a file or an executable as the configuration has it.
struct NamedPath {
    const std::string& pattern;
    const ConfigPlace& place;
    const char* link_hint;  ///< what is under the path that a symbolic link leads to
};

/// Looks up the path, or the directory that all of its matches are in.
/// Returns whether it is there as `status`.
bool add_path(const NamedPath& named, Notes& notes, struct stat& status) {
    const LiteralStart start = literal_start(named.pattern);
    if (start.text.empty()) return false;
    const std::string path = start.whole ? start.text : directory_of(start.text);
    const std::string subject = start.whole ? named.pattern : named.pattern + ": " + harmless(path);
    if (stat(path.c_str(), &status) != 0) {
        notes.waits(named.place, subject + " " + why_unseen(errno));
        return false;
    }
    if (!start.whole && !S_ISDIR(status.st_mode))
        notes.waits(named.place, subject + " is no directory");
    const std::string real = real_path(path);
    if (!real.empty())
        notes.add(named.place, subject + " is reached through a symbolic link: " + named.link_hint +
                                   " " + harmless(real) + "; write that in target " +
                                   notes.target());
    if (S_ISDIR(status.st_mode) && access(path.c_str(), R_OK | X_OK) != 0 && errno == EACCES)
        notes.waits(named.place, subject + " cannot be read, so what is in it is not known");
    return start.whole;
}

void add_file(const PathPattern& pattern, FileTypeMask types, Notes& notes) {
    struct stat status {};
    // A read's path has no symbolic links: the kernel has followed them.
    if (!add_path({pattern.text, pattern.place, "its reads are under"}, notes, status)) return;
    const std::string type(type_word(status.st_mode));
    if (S_ISDIR(status.st_mode) || is_one_of(status.st_mode, types)) return;
    notes.add(pattern.place, pattern.text + " is of the type " + type +
                                 ", which is not counted: add " + type +
                                 " to the file_types of target " + notes.target());
}

void add_exe(const TextSelector& exe, Notes& notes) {
    struct stat status {};
    add_path({exe.text, exe.place, "the processes' executable is"}, notes, status);
}

/// The names of all cgroups above which there are only slices.
void collect_units(const fs::path& directory, int depth, std::set<std::string>& names) {
    std::error_code code;
    for (fs::directory_iterator entry(directory, code), end; !code && entry != end;
         entry.increment(code)) {
        std::error_code unknown;
        if (!entry->is_directory(unknown)) continue;
        const std::string name = entry->path().filename().string();
        names.insert(name);
        if (name.ends_with(".slice") && depth < kMaxSliceDepth)
            collect_units(entry->path(), depth + 1, names);
    }
}

bool has_wildcard(const std::string& unit) {
    return unit.find_first_of("*?") != std::string::npos;
}

void add_unit(const TextSelector& unit, const std::set<std::string>& names, Notes& notes) {
    if (has_wildcard(unit.text) || names.contains(unit_directory(unit.text))) return;
    notes.waits(unit.place, "the unit " + unit.text + " has no cgroup yet");
}

void add_cgroup(const TextSelector& cgroup, const std::string& root, Notes& notes) {
    const LiteralStart start = literal_start(cgroup.text);
    if (!start.whole || access((root + start.text).c_str(), F_OK) == 0) return;
    const bool as_written = access((root + cgroup.text).c_str(), F_OK) == 0;
    notes.waits(cgroup.place,
                "there is no cgroup " + harmless(start.text) + " yet" +
                    (as_written ? " (write '\\\\' for a backslash of its name)" : ""));
}

void add_cgroups(const ProcessSelectors& processes, const std::string& root,
                 const std::set<std::string>& units, Notes& notes) {
    if (root.empty()) return;
    for (const TextSelector& unit : processes.units)
        add_unit(unit, units, notes);
    for (const TextSelector& cgroup : processes.cgroups)
        add_cgroup(cgroup, root, notes);
}

std::set<std::string> units_below(const std::string& root, const Config& config) {
    std::set<std::string> names;
    for (const TargetConfig& target : config.targets) {
        if (root.empty() || target.processes.units.empty()) continue;
        collect_units(root, 0, names);
        break;
    }
    return names;
}

}  // namespace

std::string cgroup_root() {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs status {};
        if (statfs(path, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC) return path;
    }
    return "";
}

std::vector<std::string> not_there_yet(const Config& config, const std::string& cgroups) {
    const std::set<std::string> units = units_below(cgroups, config);
    std::vector<std::string> lines;
    for (const TargetConfig& target : config.targets) {
        Notes notes(target.name);
        for (const PidSelector& selector : target.processes.pids)
            add_pid(selector, notes);
        for (const TextSelector& exe : target.processes.exes)
            add_exe(exe, notes);
        add_cgroups(target.processes, cgroups, units, notes);
        for (const PathPattern& pattern : target.include)
            add_file(pattern, target.file_types, notes);
        lines.insert(lines.end(), notes.lines().begin(), notes.lines().end());
    }
    return lines;
}

}  // namespace vfswatchd
