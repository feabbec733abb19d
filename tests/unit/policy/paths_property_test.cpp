// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "policy/paths.h"
#include "tests/unit/policy/path_match.h"
#include "tests/unit/policy/reference_glob.h"

namespace vfswatchd {
namespace {

/// Random text over few pieces, so that patterns and paths meet often. The generator's raw output
/// is used: the library's distributions differ between implementations.
class TextMaker {
  public:
    explicit TextMaker(std::uint32_t seed) : random_(seed) {}

    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_()) % limit;
    }

    std::string pattern() {
        static constexpr std::array kPieces{"/",   "/",   "/",   "a",        "a",     "b",
                                            "*",   "*",   "**",  "/**/",     "?",     "**/",
                                            "\\",  "\\*", "\\?", "\\\\",     "\\xc3", "\\xA9",
                                            "/**", "***", ".",   "\xc3\xa9", "\\x2f", "\\x"};
        return text(kPieces, 1, 7);
    }

    std::string path() {
        static constexpr std::array kPieces{"/", "/", "/",  "a",        "a",    "b",    ".",
                                            "*", "?", "\\", "\xc3\xa9", "\xc3", "\xa9", "x"};
        return (below(8) == 0 ? "" : "/") + text(kPieces, 0, 8);
    }

    std::string unit() {
        static constexpr std::array kPieces{"a", "a", "b", "*", "?", "\\", "-", "_", ".slice", "@"};
        static constexpr std::array kSuffixes{".slice", ".service", ""};
        return text(kPieces, 1, 3) + text(kSuffixes, 1, 1);
    }

    std::string cgroup() {
        static constexpr std::array kPieces{"/",  "/", "/a",       ".slice",   ".slice", ".slice/",
                                            "a",  "b", "a.slice/", "\xc3\xa9", "\xc3",   "\\",
                                            "/_", "_", ".service", "-",        "slice",  "@"};
        return "/" + text(kPieces, 0, 8);
    }

  private:
    template <std::size_t N>
    std::string text(const std::array<const char*, N>& pieces, std::uint32_t min,
                     std::uint32_t max) {
        std::string made;
        for (std::uint32_t i = min + below(max - min + 1); i > 0; i--) {
            made += pieces[below(static_cast<std::uint32_t>(N))];
        }
        return made;
    }

    std::mt19937 random_;
};

bool any_matches(const std::vector<PathPattern>& patterns, std::string_view path) {
    for (const PathPattern& pattern : patterns) {
        if (ReferenceGlob(pattern.text).matches(path)) return true;
    }
    return false;
}

bool wanted(const TargetConfig& target, std::string_view path) {
    return (target.include.empty() || any_matches(target.include, path)) &&
           !any_matches(target.exclude, path);
}

TEST(PathsProperty, OnePatternAgreesWithTheReference) {
    TextMaker make(20240613);
    int matched = 0;
    for (int round = 0; round < 1500; round++) {
        TargetConfig target;
        target.include.push_back({make.pattern(), {}});
        const auto rows = compile_paths({target});
        ASSERT_TRUE(rows.has_value());
        const ReferenceGlob reference(target.include[0].text);
        for (int i = 0; i < 25; i++) {
            const std::string path = make.path();
            const bool expected = reference.matches(path);
            matched += expected ? 1 : 0;
            ASSERT_EQ(match(rows->states, path) == 1, expected)
                << "pattern " << target.include[0].text << " path " << path;
        }
    }
    // Neither side of the comparison is empty.
    EXPECT_GT(matched, 1250);
    EXPECT_LT(matched, 23750);
}

TEST(PathsProperty, OneUnitAgreesWithTheReference) {
    TextMaker make(20240701);
    int matched = 0;
    for (int round = 0; round < 1500; round++) {
        TargetConfig target;
        target.processes.units.push_back({make.unit(), {}});
        const auto table = compile_paths({target});
        ASSERT_TRUE(table.has_value());
        const ReferenceUnit reference(target.processes.units[0].text);
        for (int i = 0; i < 25; i++) {
            const std::string cgroup = make.cgroup();
            const bool expected = reference.matches(cgroup);
            matched += expected ? 1 : 0;
            ASSERT_EQ(match(table->states, cgroup, table->cgroup_start) == 1, expected)
                << "unit " << target.processes.units[0].text << " cgroup " << cgroup;
        }
    }
    EXPECT_GT(matched, 500);
    EXPECT_LT(matched, 23750);
}

TEST(PathsProperty, ThreeAutomataInOneTableAgreeWithTheReferences) {
    TextMaker make(4711);
    for (int round = 0; round < 100; round++) {
        std::vector<TargetConfig> targets(2);
        for (TargetConfig& target : targets) {
            target.include.push_back({make.pattern(), {}});
            target.processes.exes.push_back({"/" + make.pattern(), {}});
            target.processes.units.push_back({make.unit(), {}});
            target.processes.cgroups.push_back({"/" + make.pattern(), {}});
        }
        const auto table = compile_paths(targets);
        ASSERT_TRUE(table.has_value());
        for (int i = 0; i < 25; i++) {
            const std::string path = make.path();
            const std::string cgroup = make.cgroup();
            TargetMask files = 0;
            TargetMask exes = 0;
            TargetMask cgroups = 0;
            for (std::size_t t = 0; t < targets.size(); t++) {
                const TargetMask target = TargetMask{1} << t;
                const ProcessSelectors& selectors = targets[t].processes;
                if (ReferenceGlob(targets[t].include[0].text).matches(path)) files |= target;
                if (ReferenceGlob(selectors.exes[0].text).matches(path)) exes |= target;
                if (ReferenceUnit(selectors.units[0].text).matches(cgroup) ||
                    ReferenceGlob(selectors.cgroups[0].text).matches(cgroup))
                    cgroups |= target;
            }
            ASSERT_EQ(match(table->states, path), files) << path;
            ASSERT_EQ(match(table->states, path, table->exe_start), exes) << path;
            ASSERT_EQ(match(table->states, cgroup, table->cgroup_start), cgroups) << cgroup;
        }
    }
}

TEST(PathsProperty, ManyTargetsAgreeWithTheReference) {
    TextMaker make(97);
    int compiled = 0;
    for (int round = 0; round < 150; round++) {
        std::vector<TargetConfig> targets(1 + make.below(4));
        for (TargetConfig& target : targets) {
            for (std::uint32_t i = make.below(3); i > 0; i--) {
                target.include.push_back({make.pattern(), {}});
            }
            for (std::uint32_t i = make.below(3); i > 0; i--) {
                target.exclude.push_back({make.pattern(), {}});
            }
        }
        const auto rows = compile_paths(targets, 200);
        // Some need too many states; that is no answer, so none that is wrong.
        if (!rows) continue;
        compiled++;
        for (int i = 0; i < 25; i++) {
            const std::string path = make.path();
            TargetMask expected = 0;
            for (std::size_t t = 0; t < targets.size(); t++) {
                if (wanted(targets[t], path)) expected |= TargetMask{1} << t;
            }
            ASSERT_EQ(match(rows->states, path), expected) << "round " << round << " path " << path;
        }
    }
    EXPECT_GT(compiled, 100);
}

}  // namespace
}  // namespace vfswatchd
