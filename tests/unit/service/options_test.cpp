// SPDX-License-Identifier: Apache-2.0
#include "service/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/parse.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using Variables = std::map<std::string, std::string>;

Result<Options> parse(const std::vector<std::string>& flags, const Variables& variables = {}) {
    std::vector<std::string> arguments = {"vfswatchd"};
    for (const std::string& flag : flags)
        arguments.push_back(flag);
    return parse_options(std::move(arguments), [&variables](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

std::string fault(const std::vector<std::string>& flags, const Variables& variables = {}) {
    const Result<Options> options = parse(flags, variables);
    return options ? "no fault" : options.error().message();
}

TEST(Options, HaveDefaults) {
    const auto options = parse({});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->config_file, "/etc/vfswatchd/vfswatchd.yaml");
    EXPECT_FALSE(options->check_config);
    EXPECT_TRUE(options->listen.empty());
    EXPECT_EQ(options->log_level, LogLevel::kInfo);
}

TEST(Options, ReadEveryFlag) {
    const auto options = parse({"--config", "a.yaml", "--check-config", "--listen=127.0.0.1:1",
                                "--listen", "[::1]:2", "--log-level", "debug"});
    ASSERT_TRUE(options) << options.error().message();
    EXPECT_EQ(options->config_file, "a.yaml");
    EXPECT_TRUE(options->check_config);
    ASSERT_EQ(options->listen.size(), 2U);
    EXPECT_EQ(options->listen[1].host, "::1");
    EXPECT_EQ(options->listen[1].port, 2);
    EXPECT_EQ(options->listen[1].place.file, "--listen");
    EXPECT_EQ(options->listen[1].place.line, 0);
    EXPECT_EQ(options->log_level, LogLevel::kDebug);
}

TEST(Options, ReadEveryVariable) {
    const auto options = parse({}, {{"VFSWATCHD_CONFIG", "b.yaml"},
                                    {"VFSWATCHD_LISTEN", "127.0.0.1:1,[::1]:2"},
                                    {"VFSWATCHD_LOG_LEVEL", "warning"}});
    ASSERT_TRUE(options) << options.error().message();
    EXPECT_EQ(options->config_file, "b.yaml");
    ASSERT_EQ(options->listen.size(), 2U);
    EXPECT_EQ(options->listen[0].port, 1);
    EXPECT_EQ(options->log_level, LogLevel::kWarning);
}

TEST(Options, FlagsWinOverTheEnvironment) {
    const auto options = parse({"--config=a.yaml", "--listen=[::1]:2", "--log-level=error"},
                               {{"VFSWATCHD_CONFIG", "b.yaml"},
                                {"VFSWATCHD_LISTEN", "127.0.0.1:1"},
                                {"VFSWATCHD_LOG_LEVEL", "nonsense"}});
    ASSERT_TRUE(options) << options.error().message();
    EXPECT_EQ(options->config_file, "a.yaml");
    ASSERT_EQ(options->listen.size(), 1U);
    EXPECT_EQ(options->listen[0].host, "::1");
    EXPECT_EQ(options->log_level, LogLevel::kError);
}

TEST(Options, AnEmptyVariableCountsAsNotSet) {
    const auto options = parse({}, {{"VFSWATCHD_LISTEN", ""}, {"VFSWATCHD_CONFIG", ""}});
    ASSERT_TRUE(options);
    EXPECT_TRUE(options->listen.empty());
    EXPECT_EQ(options->config_file, "/etc/vfswatchd/vfswatchd.yaml");
}

TEST(Options, WinOverTheFileAndTheFileOverTheDefault) {
    Config config = *parse_config({"f", "listen: [{address: '[::1]:7'}]\ntargets: [{name: a}]\n"});
    apply_options(*parse({}), config);
    EXPECT_EQ(config.listen.at(0).port, 7);
    apply_options(*parse({}, {{"VFSWATCHD_LISTEN", "127.0.0.1:8"}}), config);
    EXPECT_EQ(config.listen.at(0).port, 8);
    apply_options(*parse({"--listen=127.0.0.1:9"}, {{"VFSWATCHD_LISTEN", "127.0.0.1:8"}}), config);
    ASSERT_EQ(config.listen.size(), 1U);
    EXPECT_EQ(config.listen[0].port, 9);
}

TEST(Options, MayNameTheSocketsThatSystemdPasses) {
    Config config = *parse_config({"f", "targets: [{name: a}]\n"});
    apply_options(*parse({"--listen=systemd", "--listen=127.0.0.1:9"}), config);
    ASSERT_EQ(config.listen.size(), 2U);
    EXPECT_TRUE(config.listen[0].systemd);
    EXPECT_FALSE(config.listens_by_default);
    EXPECT_THAT(fault({"--listen=systemd", "--listen=systemd"}), HasSubstr("a second time"));
}

TEST(Options, NameWhatIsWrong) {
    EXPECT_THAT(fault({"--no-such"}), StartsWith("unknown or misused option --no-such; see"));
    EXPECT_THAT(fault({"-x"}), StartsWith("unknown or misused option -x"));
    EXPECT_THAT(fault({"--check-config=yes"}), HasSubstr("--check-config=yes"));
    EXPECT_THAT(fault({"--config"}), StartsWith("--config needs an argument"));
    EXPECT_THAT(fault({"--config", ""}), StartsWith("--config: found an empty name"));
    EXPECT_THAT(fault({"stray"}), StartsWith("found the argument `stray`"));
    EXPECT_THAT(fault({"--check-config", "--", "stray"}), StartsWith("found the argument `stray`"));
    EXPECT_THAT(fault({"--listen", "9974"}), StartsWith("--listen: found `9974`, expected"));
    EXPECT_THAT(fault({"--listen=[::1]:1", "--listen=[0::1]:1"}), HasSubstr("a second time"));
    EXPECT_THAT(fault({"--log-level", "loud"}), StartsWith("--log-level: found `loud`, expected"));
    EXPECT_THAT(fault({}, {{"VFSWATCHD_LOG_LEVEL", "loud"}}),
                StartsWith("VFSWATCHD_LOG_LEVEL: found `loud`"));
    EXPECT_THAT(fault({}, {{"VFSWATCHD_LISTEN", "127.0.0.1:1,"}}),
                StartsWith("VFSWATCHD_LISTEN: found ``"));
}

TEST(Options, HelpAndVersionNeedNothingElse) {
    const Variables bad = {{"VFSWATCHD_LOG_LEVEL", "loud"}};
    EXPECT_TRUE(parse({"--help"}, bad)->show_help);
    EXPECT_TRUE(parse({"--version"}, bad)->show_version);
}

TEST(Options, CanBeParsedTwice) {
    EXPECT_TRUE(parse({"--config=a"}));
    EXPECT_EQ(parse({"--config=b"})->config_file, "b");
}

TEST(Help, NamesEveryFlagAndVariable) {
    const std::string help = help_text();
    for (const char* word :
         {"--config FILE", "--check-config", "--listen ADDR", "--log-level LEVEL", "--version",
          "--help", "VFSWATCHD_CONFIG", "VFSWATCHD_LISTEN", "VFSWATCHD_LOG_LEVEL"}) {
        EXPECT_THAT(help, HasSubstr(word));
    }
}

}  // namespace
}  // namespace vfswatchd
