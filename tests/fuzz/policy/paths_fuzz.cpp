// SPDX-License-Identifier: Apache-2.0
// Input: include pattern, exclude pattern and path, a line each. The automaton has to decide as the
// reference does, whatever the patterns are; the first is also taken for a unit's name, and the
// path for a cgroup's.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/paths.h"
#include "tests/unit/policy/path_match.h"
#include "tests/unit/policy/reference_glob.h"

namespace {

using namespace vfswatchd;

/// An input that takes the kernel's limit costs as much as thousands of others.
constexpr std::size_t kMaxStates = 64;

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

TargetConfig target_of(std::string_view include, std::string_view exclude) {
    TargetConfig target;
    if (!include.empty()) target.include.push_back({std::string(include), {}});
    if (!exclude.empty()) target.exclude.push_back({std::string(exclude), {}});
    return target;
}

void check_files(std::string_view include, std::string_view exclude, std::string_view path,
                 const PathTable& table) {
    const std::size_t rows = table.states.size();
    if (rows < 2 || rows > kMaxStates) std::abort();
    const bool wanted = (include.empty() || ReferenceGlob(include).matches(path)) &&
                        !ReferenceGlob(exclude).matches(path);
    if ((match(table.states, path) == 1) != wanted) std::abort();
}

void check_unit(std::string_view unit, std::string_view cgroup) {
    // No unit's name is empty or has a slash.
    if (unit.empty() || unit.find('/') != std::string_view::npos) return;
    TargetConfig target;
    target.processes.units.push_back({std::string(unit), {}});
    const auto table = compile_paths({target}, kMaxStates);
    if (!table) return;
    const bool wanted = ReferenceUnit(unit).matches(cgroup);
    if ((match(table->states, cgroup, table->cgroup_start) == 1) != wanted) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string_view include = take_line(text);
    const std::string_view exclude = take_line(text);
    const std::string_view path = text;
    check_unit(include, path);
    const auto table = compile_paths({target_of(include, exclude)}, kMaxStates);
    if (!table) return -1;
    check_files(include, exclude, path, *table);
    return 0;
}
