// SPDX-License-Identifier: Apache-2.0
// Input: include pattern, exclude pattern and path, a line each. The automaton has to decide as the
// reference does, whatever the patterns are.
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string_view include = take_line(text);
    const std::string_view exclude = take_line(text);
    const std::string_view path = text;
    const auto rows = compile_paths({target_of(include, exclude)}, kMaxStates);
    if (!rows) return -1;
    if (rows->size() < 2 || rows->size() > kMaxStates) std::abort();
    const bool wanted = (include.empty() || ReferenceGlob(include).matches(path)) &&
                        !ReferenceGlob(exclude).matches(path);
    if ((match(*rows, path) == 1) != wanted) std::abort();
    return 0;
}
