// SPDX-License-Identifier: Apache-2.0
#include "policy/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "tests/unit/policy/path_match.h"

namespace vfswatchd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TargetConfig target(const std::vector<std::string>& include,
                    const std::vector<std::string>& exclude = {}) {
    TargetConfig config;
    for (const std::string& text : include)
        config.include.push_back({text, {}});
    for (const std::string& text : exclude)
        config.exclude.push_back({text, {}});
    return config;
}

/// The rows for these targets.
class Paths {
  public:
    explicit Paths(const std::vector<TargetConfig>& targets) {
        auto rows = compile_paths(targets);
        EXPECT_TRUE(rows.has_value());
        if (rows) rows_ = *rows;
    }

    [[nodiscard]] TargetMask wanted_by(std::string_view path) const { return match(rows_, path); }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    [[nodiscard]] const std::vector<vfswatch_path_state>& rows() const { return rows_; }

  private:
    std::vector<vfswatch_path_state> rows_;
};

bool wants(const std::string& pattern, std::string_view path) {
    return Paths({target({pattern})}).wanted_by(path) == 1;
}

TEST(Pattern, WithoutWildcardNamesFileOrDirectoryWithEverythingBelow) {
    EXPECT_TRUE(wants("/a/b", "/a/b"));
    EXPECT_TRUE(wants("/a/b", "/a/b/c/d"));
    EXPECT_FALSE(wants("/a/b", "/a/bc"));
    EXPECT_FALSE(wants("/a/b", "/a"));
    EXPECT_FALSE(wants("/a/b", "/x/a/b"));
}

TEST(Pattern, RootMeansEveryAbsolutePath) {
    EXPECT_TRUE(wants("/", "/"));
    EXPECT_TRUE(wants("/", "/a/b"));
    EXPECT_FALSE(wants("/", "pipe:"));
}

TEST(Pattern, TrailingSlashMeansOnlyWhatIsBelow) {
    EXPECT_TRUE(wants("/a/", "/a/b"));
    EXPECT_FALSE(wants("/a/", "/a"));
    EXPECT_TRUE(wants("tmp/", "/x/tmp/y"));
    EXPECT_FALSE(wants("tmp/", "/x/tmp"));
}

TEST(Pattern, StarStaysInOneComponentAndMayBeEmpty) {
    EXPECT_TRUE(wants("/a/*.c", "/a/x.c"));
    EXPECT_TRUE(wants("/a/*.c", "/a/.c"));
    EXPECT_FALSE(wants("/a/*.c", "/a/x/y.c"));
    EXPECT_FALSE(wants("/a/*", "/a"));
}

TEST(Pattern, WithWildcardHasToMatchTheWholePath) {
    EXPECT_FALSE(wants("/a/*", "/a/b/c"));
    EXPECT_FALSE(wants("/a/*.c", "/a/x.cc"));
    EXPECT_FALSE(wants("*.d", "/etc/x.d/y"));
}

TEST(Pattern, QuestionMarkIsOneCharacterButSlash) {
    EXPECT_TRUE(wants("/a?c", "/abc"));
    EXPECT_FALSE(wants("/a?c", "/ac"));
    EXPECT_FALSE(wants("/a?c", "/a/c"));
    EXPECT_FALSE(wants("/a?c", "/abbc"));
}

TEST(Pattern, QuestionMarkIsOneCharacterOfAnyLengthInUtf8) {
    EXPECT_TRUE(wants("/?", "/\xc3\xa9"));
    EXPECT_TRUE(wants("/?", "/\xe2\x82\xac"));
    EXPECT_TRUE(wants("/?", "/\xf0\x9f\x98\x80"));
    EXPECT_FALSE(wants("/??", "/\xc3\xa9"));
    EXPECT_FALSE(wants("/?", "/\xe9")) << "a byte that is no character";
    EXPECT_FALSE(wants("/?", "/\xed\xa0\x80")) << "a surrogate";
    EXPECT_FALSE(wants("/?", "/\xc0\xaf")) << "an overlong slash";
}

TEST(Pattern, StarTakesBytesThatAreNoCharacters) {
    EXPECT_TRUE(wants("/*", "/\xff\xfe"));
    EXPECT_TRUE(wants("/**", "/\xff/\xfe"));
}

TEST(Pattern, TwoStarsCrossDirectories) {
    EXPECT_TRUE(wants("/a/**", "/a/b"));
    EXPECT_TRUE(wants("/a/**", "/a/b/c"));
    EXPECT_FALSE(wants("/a/**", "/a"));
    EXPECT_FALSE(wants("/a/**", "/ab/c"));
    EXPECT_TRUE(wants("/a**z", "/a/b/xz"));
    EXPECT_TRUE(wants("/a**z", "/az"));
}

TEST(Pattern, TwoStarsBetweenSlashesMatchOneSlashToo) {
    EXPECT_TRUE(wants("/a/**/b", "/a/b"));
    EXPECT_TRUE(wants("/a/**/b", "/a/x/y/b"));
    EXPECT_FALSE(wants("/a/**/b", "/a/xb"));
    EXPECT_FALSE(wants("/a/**/b", "/ab"));
    EXPECT_TRUE(wants("/a/**/**/b", "/a/b"));
}

TEST(Pattern, RelativeMatchesAtAnyDepth) {
    EXPECT_TRUE(wants("*.tmp", "/x/y.tmp"));
    EXPECT_TRUE(wants("*.tmp", "/y.tmp"));
    EXPECT_TRUE(wants("**/*.tmp", "/x/y.tmp"));
    EXPECT_TRUE(wants("node_modules", "/a/node_modules/b/c.js"));
    EXPECT_TRUE(wants("node_modules", "/a/node_modules"));
    EXPECT_FALSE(wants("node_modules", "/a/my_node_modules/b"));
    EXPECT_TRUE(wants("b/c", "/a/b/c/d"));
    EXPECT_FALSE(wants("b/c", "/a/b/x/c"));
}

TEST(Pattern, RelativeNamesWhatHasNoPath) {
    EXPECT_TRUE(wants("pipe:", "pipe:"));
    EXPECT_TRUE(wants("memfd:*", "memfd:x"));
    EXPECT_TRUE(wants("anon_inode:[eventpoll]", "anon_inode:[eventpoll]"));
    EXPECT_FALSE(wants("pipe:", "socket:"));
    EXPECT_FALSE(wants("/**", "pipe:"));
}

TEST(Pattern, EscapesAreLiteralBytes) {
    EXPECT_TRUE(wants(R"(/a\*)", "/a*"));
    EXPECT_FALSE(wants(R"(/a\*)", "/ab"));
    EXPECT_TRUE(wants(R"(/a\?)", "/a?"));
    EXPECT_FALSE(wants(R"(/a\?)", "/ab"));
    EXPECT_TRUE(wants(R"(/a\\b)", R"(/a\b)"));
    EXPECT_TRUE(wants(R"(/a\xffb)",
                      "/a\xff"
                      "b"));
    EXPECT_TRUE(wants(R"(/\x0A*)", "/\n.txt"));
    EXPECT_TRUE(wants(R"(/a\xff)", "/a\xff/below")) << "an escaped star is no wildcard";
    EXPECT_FALSE(wants(R"(/a\*)", "/a*b"));
}

TEST(Pattern, BracketsAndBracesAreNoWildcards) {
    EXPECT_TRUE(wants("/[ab]{c,d}", "/[ab]{c,d}"));
    EXPECT_FALSE(wants("/[ab]", "/a"));
}

TEST(Pattern, EmptyMatchesNothing) {
    const Paths paths({target({""})});
    EXPECT_EQ(paths.wanted_by(""), 0U);
    EXPECT_EQ(paths.wanted_by("/"), 0U);
    EXPECT_EQ(paths.wanted_by("/a"), 0U);
}

TEST(Paths, TargetWithoutIncludeWantsEveryPath) {
    const Paths paths({target({})});
    EXPECT_EQ(paths.wanted_by("/a/b"), 1U);
    EXPECT_EQ(paths.wanted_by("pipe:"), 1U);
    EXPECT_EQ(paths.wanted_by("/"), 1U);
    EXPECT_EQ(paths.size(), 2U);
}

TEST(Paths, TargetWithoutIncludeKeepsItsExcludes) {
    const Paths paths({target({}, {"*.tmp", "/proc"})});
    EXPECT_EQ(paths.wanted_by("/a/b"), 1U);
    EXPECT_EQ(paths.wanted_by("/a/b.tmp"), 0U);
    EXPECT_EQ(paths.wanted_by("/a/b.tmp/c"), 1U);
    EXPECT_EQ(paths.wanted_by("/proc/1/io"), 0U);
    EXPECT_EQ(paths.wanted_by("/process"), 1U);
}

TEST(Paths, ExcludeWinsOverInclude) {
    const Paths paths({target({"/a/**", "/a/keep.tmp"}, {"*.tmp"})});
    EXPECT_EQ(paths.wanted_by("/a/x"), 1U);
    EXPECT_EQ(paths.wanted_by("/a/keep.tmp"), 0U);
}

TEST(Paths, ExcludedDirectoryTakesEverythingBelow) {
    const Paths paths({target({"/a/**", "*.c"}, {"/a/b", ".git"})});
    EXPECT_EQ(paths.wanted_by("/a/b/x.c"), 0U);
    EXPECT_EQ(paths.wanted_by("/a/d/x.c"), 1U);
    EXPECT_EQ(paths.wanted_by("/z/.git/x.c"), 0U);
    EXPECT_EQ(paths.wanted_by("/z/x.c"), 1U);
}

TEST(Paths, EachTargetDecidesForItself) {
    const Paths paths({target({"/a/**"}), target({"/a/**"}, {"*.log"}), target({"*.log"}),
                       target({}), target({"/b"})});
    EXPECT_EQ(paths.wanted_by("/a/x"), 0b01011U);
    EXPECT_EQ(paths.wanted_by("/a/x.log"), 0b01101U);
    EXPECT_EQ(paths.wanted_by("/b"), 0b11000U);
    EXPECT_EQ(paths.wanted_by("/c"), 0b01000U);
}

TEST(Paths, SixtyFourthTargetHasABit) {
    std::vector<TargetConfig> targets(VFSWATCH_MAX_TARGETS, target({"/a"}));
    targets.back() = target({"/z"});
    const Paths paths(targets);
    EXPECT_EQ(paths.wanted_by("/z"), TargetMask{1} << 63);
    EXPECT_EQ(paths.wanted_by("/a/b"), ~TargetMask{0} >> 1);
}

TEST(Paths, DeadRowNeverLeavesAndWantsNothing) {
    const vfswatch_path_state none{};
    const Paths some({target({"/a"})});
    EXPECT_EQ(std::memcmp(&some.rows()[VFSWATCH_PATH_DEAD], &none, sizeof(none)), 0);
    const Paths nothing({target({""})});
    EXPECT_EQ(std::memcmp(&nothing.rows()[VFSWATCH_PATH_DEAD], &none, sizeof(none)), 0);
}

TEST(Paths, WithoutTargetsNothingIsWanted) {
    const Paths paths({});
    EXPECT_EQ(paths.size(), 2U);
    EXPECT_EQ(paths.wanted_by("/a"), 0U);
    EXPECT_EQ(paths.wanted_by(""), 0U);
}

TEST(Paths, SameConfigGivesSameRows) {
    const std::vector<TargetConfig> targets{target({"/a/**", "*b*"}, {"**/c?"}), target({"d"})};
    const Paths once(targets);
    const Paths again(targets);
    ASSERT_EQ(once.size(), again.size());
    EXPECT_EQ(std::memcmp(once.rows().data(), again.rows().data(),
                          once.size() * sizeof(vfswatch_path_state)),
              0);
}

TEST(Paths, RowsAreMinimal) {
    // Dead, "", "/", "/a", and below: `/ab` and `/ac` name the same from here on.
    EXPECT_EQ(Paths({target({"/ab", "/ac"})}).size(), 6U);
    // Equal patterns cost nothing, nor does what another pattern covers.
    EXPECT_EQ(Paths({target({"/a", "/a/**", "/a/b/*.c"})}).size(), Paths({target({"/a"})}).size());
    // Excludes of what is not included cost nothing.
    EXPECT_EQ(Paths({target({"/a"}, {"/b/**", "/c/*.tmp"})}).size(),
              Paths({target({"/a"})}).size());
}

TEST(Paths, SameExcludeInManyTargetsCostsLittle) {
    const std::vector<std::string> excludes{"**/*.tmp", ".git", "node_modules"};
    const std::size_t one = Paths({target({"/srv"}, excludes)}).size();
    const std::vector<TargetConfig> many(VFSWATCH_MAX_TARGETS, target({"/srv"}, excludes));
    EXPECT_EQ(Paths(many).size(), one);
}

TEST(Paths, ManyRelativeExcludesDoNotMultiply) {
    const Paths paths({target({}, {"node_modules", ".git", "target", "build", "dist", ".cache",
                                   "tmp", "__pycache__", ".venv", ".tox", "vendor", "*.swp"})});
    EXPECT_LT(paths.size(), 100U);
    EXPECT_EQ(paths.wanted_by("/src/build/.git/x"), 0U);
    EXPECT_EQ(paths.wanted_by("/src/builds/x"), 1U);
}

TEST(Paths, ExcludesOfOtherTargetsDoNotMultiply) {
    std::vector<TargetConfig> targets;
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
        const std::string letter(name);
        targets.push_back(target({"/" + letter}, {"x" + letter + letter + letter + letter + "y"}));
    }
    // So few suffice before equal states are merged, too: as many again may be built on the way.
    EXPECT_TRUE(compile_paths(targets, Paths(targets).size()).has_value());
}

TEST(Paths, TimeIsBoundedWhereStatesAreFewButLarge) {
    const auto stars = [](int count) {
        std::string pattern = "/";
        for (int i = 0; i < count; i++)
            pattern += "*a";
        return pattern;
    };
    EXPECT_TRUE(compile_paths({target({stars(500)})}, 3600).has_value());
    EXPECT_FALSE(compile_paths({target({stars(3500)})}, 3600).has_value());
}

TEST(Paths, SixtyFourTargetsWithAHundredPatternsFit) {
    std::vector<TargetConfig> targets;
    for (int i = 0; i < VFSWATCH_MAX_TARGETS; i++) {
        std::vector<std::string> include;
        for (int j = 0; j < 98; j++) {
            include.push_back("/srv/app" + std::to_string(i) + "/data" + std::to_string(j));
        }
        targets.push_back(target(include, {"*.tmp", ".git"}));
    }
    const Paths paths(targets);
    EXPECT_EQ(paths.wanted_by("/srv/app63/data97/x/y"), TargetMask{1} << 63);
    EXPECT_EQ(paths.wanted_by("/srv/app63/data97/x.tmp"), 0U);
    EXPECT_EQ(paths.wanted_by("/srv/app6/data3"), TargetMask{1} << 6);
}

TEST(Paths, TooManyStatesNameThePatternThatPassedTheLimit) {
    // One state for each set of places where an `a` stood among the last 17 characters.
    const std::string greedy = "*a" + std::string(17, '?');
    TargetConfig config;
    config.include.push_back({"/etc/**", {"main.yaml", 10, 5}});
    config.include.push_back({greedy, {"main.yaml", 11, 5}});
    config.include.push_back({"/var/**", {"main.yaml", 12, 5}});
    const auto rows = compile_paths({config}, 500);
    ASSERT_FALSE(rows.has_value());
    EXPECT_THAT(rows.error().message(),
                AllOf(StartsWith("main.yaml:11:5: "), HasSubstr("'" + greedy + "'"),
                      HasSubstr("500 states"), HasSubstr("start patterns with '/'")));
}

TEST(Paths, LimitCountsRowsAfterMerging) {
    const std::vector<TargetConfig> targets{target({"/etc/**"})};
    const std::size_t rows = Paths(targets).size();
    EXPECT_TRUE(compile_paths(targets, rows).has_value());
    EXPECT_FALSE(compile_paths(targets, rows - 1).has_value());
}

TEST(Paths, LimitIsWhatTheKernelTakes) {
    TargetConfig config = target({"*a" + std::string(30, '?')});
    const auto rows = compile_paths({config});
    ASSERT_FALSE(rows.has_value());
    EXPECT_THAT(rows.error().message(), HasSubstr("16384 states"));
}

TEST(Paths, TooManyTogetherNameOneThatIsFineAlone) {
    std::vector<TargetConfig> targets(VFSWATCH_MAX_TARGETS);
    int line = 0;
    for (TargetConfig& config : targets) {
        const std::string name = "dir" + std::to_string(line++);
        config.include.push_back({name, {"conf.d/x.yaml", line, 7}});
    }
    const auto rows = compile_paths(targets, 300);
    ASSERT_FALSE(rows.has_value());
    const std::string message = rows.error().message();
    EXPECT_THAT(message, StartsWith("conf.d/x.yaml:"));
    const int named = std::stoi(message.substr(std::strlen("conf.d/x.yaml:")));
    targets.resize(static_cast<std::size_t>(named));
    EXPECT_FALSE(compile_paths(targets, 300).has_value());
    targets.pop_back();
    EXPECT_TRUE(compile_paths(targets, 300).has_value());
}

}  // namespace
}  // namespace vfswatchd
