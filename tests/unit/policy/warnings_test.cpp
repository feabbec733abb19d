// SPDX-License-Identifier: Apache-2.0
#include "policy/warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TargetConfig named(const std::string& name) {
    TargetConfig target;
    target.name = name;
    return target;
}

TargetConfig sampling(const std::string& name, bool allow_sensitive = false) {
    TargetConfig target = named(name);
    target.snippets.emplace().allow_sensitive = allow_sensitive;
    return target;
}

std::vector<std::string> warnings_of(const std::vector<TargetConfig>& targets) {
    Config config;
    config.targets = targets;
    return snippet_warnings(config);
}

TEST(SnippetWarnings, AreNoneWhereNothingIsCopied) {
    EXPECT_THAT(warnings_of({}), IsEmpty());
    EXPECT_THAT(warnings_of({named("a"), named("b")}), IsEmpty());
}

TEST(SnippetWarnings, NameAllTargetsThatCopy) {
    EXPECT_THAT(warnings_of({named("a"), sampling("b")}),
                ElementsAre("target b copies parts of what is read into the journal"));
    EXPECT_THAT(warnings_of({sampling("a"), named("b"), sampling("c")}),
                ElementsAre("targets a, c copy parts of what is read into the journal"));
}

TEST(SnippetWarnings, NameEachThatCopiesSensitiveFiles) {
    EXPECT_THAT(warnings_of({sampling("a", true), sampling("b"), sampling("c", true)}),
                ElementsAre("targets a, b, c copy parts of what is read into the journal",
                            "target a copies sensitive files too (allow_sensitive)",
                            "target c copies sensitive files too (allow_sensitive)"));
}

TEST(SnippetWarnings, NameWhatIsIncludedAndNotCopied) {
    TargetConfig target = sampling("a");
    target.include = {{"/srv/**", {}}, {"/etc/shadow", {}}};
    EXPECT_THAT(warnings_of({target}),
                ElementsAre("target a copies parts of what is read into the journal",
                            "target a: nothing of `/etc/shadow` is copied, for it is sensitive "
                            "(password hashes)"));
}

}  // namespace
}  // namespace vfswatchd
