// SPDX-License-Identifier: Apache-2.0
#include "service/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "policy/lower.h"
#include "service/page.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;
using testing::Not;

Config config_for(const std::string& include) {
    Config config;
    TargetConfig target;
    target.name = "t";
    target.include = {{include, {"a.yaml", 3, 5}}};
    config.targets = {target};
    return config;
}

TEST(Report, PredictsMemoryAndSeries) {
    const Config config = config_for("/etc/**");
    const std::string text = describe(config, *lower(config));
    EXPECT_THAT(text, HasSubstr("1 target: t\n"));
    EXPECT_THAT(text, HasSubstr("kernel memory: "));
    EXPECT_THAT(text, HasSubstr("  sums: "));
    EXPECT_THAT(text, HasSubstr(" time series on the endpoint\n"));
}

TEST(Report, EndsWithWhatTargetsWaitFor) {
    const Config config = config_for("/no/such/path");
    EXPECT_THAT(describe(config, *lower(config)),
                HasSubstr("note: a.yaml:3:5: /no/such/path does not exist yet: target t waits for "
                          "it\n"));
}

TEST(Report, SaysWhatIsCopied) {
    Config config = config_for("/srv/**");
    EXPECT_THAT(describe(config, *lower(config)), Not(HasSubstr("journal")));
    config.targets[0].snippets.emplace().allow_sensitive = true;
    EXPECT_THAT(describe(config, *lower(config)),
                HasSubstr("note: target t copies parts of what is read into the journal\n"
                          "note: target t copies sensitive files too (allow_sensitive)\n"));
}

TEST(Page, EscapesWhatTheConfigSays) {
    Overview overview;
    overview.targets.push_back({{"<t>", {}, "", "/a&\"b\""}, {}, {}, 0});
    const std::string page = render_page(overview);
    EXPECT_THAT(page, HasSubstr(">&lt;t&gt;</a>"));
    EXPECT_THAT(page, HasSubstr("every process"));
    EXPECT_THAT(page, HasSubstr("/a&amp;&quot;b&quot;"));
    EXPECT_THAT(page, HasSubstr("starting"));
}

TEST(Page, SaysOfEachTargetWhatBecameOfIt) {
    Overview overview{true, {}, {{ProbeRole::kExit, "vfs_read", "fexit", 1234}}, 3, 20000};
    const auto add = [&overview](const char* name, const ReadCounts& total,
                                 const ReadCounts& overflow) {
        overview.targets.push_back({{name, {}, "", ""}, total, overflow, 3});
    };
    add("idle", {}, {});
    add("busy", {3 * 1024 * 1024, 1'234'567, 0, 0}, {});
    add("over", {1, 1, 0, 0}, {1, 1000, 0, 0});
    const std::string page = render_page(overview);
    for (const char* wanted : {"nothing was read yet", "3.0 MiB", "1,234,567", ">counting<",
                               "1,000 calls without a series", "3 of at most 20,000 series",
                               "<code>vfs_read</code>", "1,234"})
        EXPECT_THAT(page, HasSubstr(wanted));
}

}  // namespace
}  // namespace vfswatchd
