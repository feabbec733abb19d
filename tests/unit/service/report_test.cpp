// SPDX-License-Identifier: Apache-2.0
#include "service/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "policy/lower.h"
#include "service/page.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config config_for(const std::string& include) {
    Config config;
    TargetConfig target;
    target.name = "t";
    target.include = {{include, {"a.yaml", 3, 5}}};
    config.targets = {target};
    return config;
}

TEST(Report, NamesThePlaceOfWhatIsNotThereYet) {
    Config config = config_for("/no/such/path");
    config.targets[0].pids = {{4194304, {"a.yaml", 2, 7}}};
    EXPECT_THAT(not_there_yet(config), ElementsAre(HasSubstr("a.yaml:2:7: there is no process "),
                                                   HasSubstr("a.yaml:3:5: /no/such/path does")));
}

TEST(Report, SaysNothingOfPathsThatAreThereOrMayBeMany) {
    EXPECT_THAT(not_there_yet(config_for("/proc")), IsEmpty());
    EXPECT_THAT(not_there_yet(config_for("/no/such/*")), IsEmpty());
    EXPECT_THAT(not_there_yet(config_for("relative")), IsEmpty());
}

TEST(Report, NamesWhatASymbolicLinkHides) {
    const auto notes = not_there_yet(config_for("/proc/self/exe"));
    EXPECT_THAT(notes, ElementsAre(HasSubstr("a.yaml:3:5: /proc/self/exe is reached through a "
                                             "symbolic link: its reads are under /")));
}

TEST(Report, NamesTheProcessOfAThread) {
    std::promise<pid_t> id;
    std::promise<void> seen;
    const std::jthread thread([&] {
        id.set_value(gettid());
        seen.get_future().wait();
    });
    Config config = config_for("relative");
    config.targets[0].pids = {{static_cast<std::uint32_t>(id.get_future().get()), {}}};
    EXPECT_THAT(not_there_yet(config),
                ElementsAre(HasSubstr(" is a thread of process " + std::to_string(getpid()))));
    seen.set_value();
}

TEST(Report, PredictsMemoryAndSeries) {
    const Config config = config_for("/etc/**");
    const std::string text = describe(config, *lower(config));
    EXPECT_THAT(text, HasSubstr("1 target: t\n"));
    EXPECT_THAT(text, HasSubstr("kernel memory: "));
    EXPECT_THAT(text, HasSubstr("  sums: "));
    EXPECT_THAT(text, HasSubstr(" time series on the endpoint\n"));
}

TEST(Page, EscapesWhatTheConfigSays) {
    const std::string page = render_page({{"<t>", {}, "", "/a&\"b\""}}, {});
    EXPECT_THAT(page, HasSubstr("<td>&lt;t&gt;</td><td>every process</td>"));
    EXPECT_THAT(page, HasSubstr("/a&amp;&quot;b&quot;"));
}

}  // namespace
}  // namespace vfswatchd
