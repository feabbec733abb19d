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
        if (rows) rows_ = rows->states;
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

/// One target with these selectors of processes.
TargetConfig processes(const std::vector<std::string>& exes, const std::vector<std::string>& units,
                       const std::vector<std::string>& cgroups = {}) {
    TargetConfig config;
    for (const std::string& text : exes)
        config.processes.exes.push_back({text, {}});
    for (const std::string& text : units)
        config.processes.units.push_back({text, {}});
    for (const std::string& text : cgroups)
        config.processes.cgroups.push_back({text, {}});
    return config;
}

PathTable table_of(const std::vector<TargetConfig>& targets) {
    auto table = compile_paths(targets);
    EXPECT_TRUE(table.has_value());
    return table.value_or(PathTable{});
}

bool unit_has(const std::string& unit, std::string_view cgroup) {
    const PathTable table = table_of({processes({}, {unit})});
    return match(table.states, cgroup, table.cgroup_start) == 1;
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

TEST(Unit, IsACgroupWithEverythingBelow) {
    EXPECT_TRUE(unit_has("a.service", "/a.service"));
    EXPECT_TRUE(unit_has("a.service", "/system.slice/a.service"));
    EXPECT_TRUE(unit_has("a.service", "/system.slice/a.service/x/y"));
    EXPECT_FALSE(unit_has("a.service", "/system.slice/a.services"));
    EXPECT_FALSE(unit_has("a.service", "/system.slice/aa.service"));
    EXPECT_FALSE(unit_has("a.service", "/system.slice"));
    EXPECT_FALSE(unit_has("a.service", "/"));
    EXPECT_FALSE(unit_has("a.service", "a.service"));
}

TEST(Unit, IsFoundBelowAnyNumberOfSlices) {
    EXPECT_TRUE(unit_has("a@1.service", "/system.slice/system-a.slice/a@1.service"));
    EXPECT_TRUE(unit_has("x.scope", "/a.slice/a-b.slice/a-b-c.slice/a-b-c-d.slice/x.scope/y"));
}

TEST(Unit, IsNotFoundBelowAnythingElse) {
    EXPECT_FALSE(unit_has("a.service", "/system.slice/docker.service/system.slice/a.service"));
    EXPECT_FALSE(
        unit_has("a.service", "/user.slice/user-1.slice/user@1.service/app.slice/a.service"));
    EXPECT_FALSE(unit_has("a.service", "/machine/a.service"));
    EXPECT_FALSE(unit_has("a.service", "/x.slices/a.service"));
    EXPECT_FALSE(unit_has("a.service", "/slice/a.service"));
}

TEST(Unit, MayBeASlice) {
    EXPECT_TRUE(unit_has("a.slice", "/a.slice"));
    EXPECT_TRUE(unit_has("a.slice", "/a.slice/a-b.slice/x.service/y"));
    EXPECT_TRUE(unit_has("a-b.slice", "/a.slice/a-b.slice/x.service"));
    EXPECT_FALSE(unit_has("a-b.slice", "/a.slice/x.service"));
}

TEST(Unit, MayHaveWildcardsThatStayInItsName) {
    EXPECT_TRUE(unit_has("a@*.service", "/system.slice/a@x.y.service"));
    EXPECT_TRUE(unit_has("a@*.service", "/system.slice/a@.service/z"));
    EXPECT_FALSE(unit_has("a@*.service", "/system.slice/a@x/y.service"));
    EXPECT_TRUE(unit_has("a?.scope", "/ab.scope"));
    EXPECT_FALSE(unit_has("a?.scope", "/abc.scope"));
    EXPECT_TRUE(unit_has("**.service", "/x.slice/b.service"));
}

TEST(Unit, HasBackslashesThatAreThemselves) {
    EXPECT_TRUE(unit_has(R"(a\x2db.slice)", R"(/a\x2db.slice/x.service)"));
    EXPECT_FALSE(unit_has(R"(a\x2db.slice)", "/a-b.slice"));
}

TEST(Unit, IsSoughtUnderTheNameThatItsDirectoryHas) {
    EXPECT_TRUE(unit_has("_a.service", "/system.slice/__a.service"));
    EXPECT_FALSE(unit_has("_a.service", "/system.slice/_a.service"));
    EXPECT_TRUE(unit_has(".a.service", "/system.slice/_.a.service"));
}

TEST(Unit, CostsFewStates) {
    const std::size_t one = table_of({processes({}, {"a.service"})}).states.size();
    EXPECT_LT(one, 50U);
    // The way through the slices is there once.
    const std::size_t two = table_of({processes({}, {"a.service", "b.service"})}).states.size();
    EXPECT_LT(two, one + 20);
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
    EXPECT_THAT(format_fault(rows.error()),
                AllOf(StartsWith("main.yaml:11:5: "), HasSubstr("'" + greedy + "'"),
                      HasSubstr("500 states"), HasSubstr("start patterns with '/'")));
}

TEST(Paths, LimitCountsRowsAfterMerging) {
    const std::vector<TargetConfig> targets{target({"/etc/**"})};
    const std::size_t rows = Paths(targets).size();
    EXPECT_TRUE(compile_paths(targets, rows).has_value());
    EXPECT_FALSE(compile_paths(targets, rows - 1).has_value());
}

TEST(Paths, ProcessesHaveAutomataOfTheirOwn) {
    const PathTable table = table_of({processes({"/usr/bin/*"}, {}), processes({}, {"a.service"}),
                                      processes({"/usr/bin/x"}, {}, {"/b.slice"})});
    EXPECT_GT(table.exe_start, std::uint32_t{VFSWATCH_PATH_START});
    EXPECT_GT(table.cgroup_start, table.exe_start);
    EXPECT_EQ(match(table.states, "/usr/bin/x"), 0b111U) << "nobody names a path";
    EXPECT_EQ(match(table.states, "/usr/bin/x", table.exe_start), 0b101U);
    EXPECT_EQ(match(table.states, "/usr/bin/y", table.exe_start), 0b001U);
    EXPECT_EQ(match(table.states, "/b.slice/a.service", table.exe_start), 0U);
    EXPECT_EQ(match(table.states, "/b.slice/a.service", table.cgroup_start), 0b110U);
    EXPECT_EQ(match(table.states, "/a.service", table.cgroup_start), 0b010U);
    EXPECT_EQ(match(table.states, "/usr/bin/x", table.cgroup_start), 0U);
}

TEST(Paths, AutomataThatNobodyAsksForHaveNoRows) {
    const PathTable files = table_of({target({"/a"})});
    EXPECT_EQ(files.exe_start, 0U);
    EXPECT_EQ(files.cgroup_start, 0U);
    TargetConfig both = target({"/a"});
    both.processes.cgroups.push_back({"/a", {}});
    const PathTable cgroups = table_of({both});
    EXPECT_EQ(cgroups.exe_start, 0U);
    EXPECT_EQ(cgroups.cgroup_start, files.states.size());
    // The same pattern, the same rows; the dead one is shared.
    EXPECT_EQ(cgroups.states.size(), 2 * files.states.size() - 1);
}

TEST(Paths, LimitHoldsForAllAutomataTogether) {
    TargetConfig config = target({"/etc/**"});
    config.processes.exes.push_back({"/bin/x", {"main.yaml", 5, 1}});
    config.processes.exes.push_back({"/bin/yy", {"main.yaml", 6, 1}});
    config.processes.units.push_back({"a.service", {"main.yaml", 7, 1}});
    const std::size_t all = table_of({config}).states.size();
    EXPECT_TRUE(compile_paths({config}, all).has_value());
    const auto too_many = compile_paths({config}, all - 1);
    ASSERT_FALSE(too_many.has_value());
    EXPECT_THAT(format_fault(too_many.error()), StartsWith("main.yaml:7:1: with 'a.service' "));
    const std::size_t files = Paths({target({"/etc/**"})}).size();
    const auto no_room = compile_paths({config}, files);
    ASSERT_FALSE(no_room.has_value());
    EXPECT_THAT(format_fault(no_room.error()), StartsWith("main.yaml:5:1: with '/bin/x' "));
}

TEST(Paths, LimitLeavesRoomForTheBuiltInListFirst) {
    TargetConfig config = target({});
    config.include.push_back({"/srv/a", {"main.yaml", 5, 1}});
    config.processes.cgroups.push_back({"/b", {"main.yaml", 6, 1}});
    const std::size_t without = table_of({config}).states.size();
    config.snippets.emplace();
    const std::size_t all = table_of({config}).states.size();
    EXPECT_TRUE(compile_paths({config}, all).has_value());
    const auto too_many = compile_paths({config}, all - 1);
    ASSERT_FALSE(too_many.has_value());
    EXPECT_THAT(format_fault(too_many.error()),
                AllOf(StartsWith("main.yaml:6:1: with '/b' "),
                      HasSubstr("more than " + std::to_string(without - 1) + " states")));
    const auto no_room = compile_paths({config}, all - without + 2);
    ASSERT_FALSE(no_room.has_value());
    EXPECT_THAT(format_fault(no_room.error()), StartsWith("main.yaml:5:1: with '/srv/a' "));
    // No limit that the daemon sets, but no reason to blame the configuration.
    const auto too_small = compile_paths({config}, 100);
    ASSERT_FALSE(too_small.has_value());
    EXPECT_THAT(format_fault(too_small.error()),
                StartsWith("the built-in list of sensitive files: "));
}

TEST(Paths, LimitIsWhatTheKernelTakes) {
    TargetConfig config = target({"*a" + std::string(30, '?')});
    const auto rows = compile_paths({config});
    ASSERT_FALSE(rows.has_value());
    EXPECT_THAT(format_fault(rows.error()), HasSubstr("16384 states"));
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
    const std::string message = format_fault(rows.error());
    EXPECT_THAT(message, StartsWith("conf.d/x.yaml:"));
    const int named = std::stoi(message.substr(std::strlen("conf.d/x.yaml:")));
    targets.resize(static_cast<std::size_t>(named));
    EXPECT_FALSE(compile_paths(targets, 300).has_value());
    targets.pop_back();
    EXPECT_TRUE(compile_paths(targets, 300).has_value());
}

}  // namespace
}  // namespace vfswatchd
