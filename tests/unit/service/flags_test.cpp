// SPDX-License-Identifier: Apache-2.0
#include "service/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

enum : int { kName, kQuiet, kLong };

constexpr std::array kTable = std::to_array<FlagSpec>({
    {kName, "name", "NAME", "one line", 'n'},
    {kQuiet, "quiet", nullptr, "first line\nsecond line", 'q'},
    {kLong, "long", "ARGUMENT-OF-IT", "has a variable", '\0', "VARIABLE"},
});

/// `id=argument` of each flag, or what is wrong.
std::vector<std::string> read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "command");
    const auto flags = read_flags(arguments, kTable);
    if (!flags) return {flags.error().message()};
    std::vector<std::string> texts;
    for (const GivenFlag& flag : *flags)
        texts.push_back(std::to_string(flag.id) + flag.name + "=" + flag.argument);
    return texts;
}

TEST(Flags, AreReadInTheirOrderByNameAndLetter) {
    EXPECT_THAT(read({}), ElementsAre());
    EXPECT_THAT(read({"--quiet", "--name", "a", "--name=", "--long", "-q"}),
                ElementsAre("1--quiet=", "0--name=a", "0--name=", "2--long=-q"));
    EXPECT_THAT(read({"-qn", "a", "-nb"}), ElementsAre("1--quiet=", "0--name=a", "0--name=b"));
}

TEST(Flags, NameWhatIsWrong) {
    EXPECT_THAT(read({"-q", "--no-such"}), ElementsAre("unknown or misused option --no-such"));
    EXPECT_THAT(read({"-x"}), ElementsAre("unknown or misused option -x"));
    EXPECT_THAT(read({"--quiet=yes"}), ElementsAre("unknown or misused option --quiet=yes"));
    EXPECT_THAT(read({"-q", "-n"}), ElementsAre("-n needs an argument"));
    EXPECT_THAT(read({"--name"}), ElementsAre("--name needs an argument"));
    EXPECT_THAT(read({"-q", "stray", "-q"}),
                ElementsAre("found the argument `stray`, expected options only"));
}

TEST(Flags, AreDescribedInTheTablesOrder) {
    EXPECT_EQ(flags_help(kTable),
              "  -n, --name NAME     one line\n"
              "  -q, --quiet         first line\n"
              "                      second line\n"
              "  --long ARGUMENT-OF-IT\n"
              "                      has a variable\n"
              "                      [environment: VARIABLE]\n");
}

}  // namespace
}  // namespace vfswatchd
