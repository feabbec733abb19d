// SPDX-License-Identifier: Apache-2.0
#include "service/top_command.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace vfswatchd {
namespace {

class TopCommand : public testing::Test {
  protected:
    void SetUp() override {
        unsetenv("VFSWATCHCTL_PASSWORD");
        std::string name = std::filesystem::temp_directory_path() / "topXXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override {
        unsetenv("VFSWATCHCTL_PASSWORD");
        std::filesystem::remove_all(folder);
    }
    std::string file_of(const std::string& text) const {
        std::ofstream(folder / "file") << text;
        return folder / "file";
    }
    static Result<TopSettings> parse(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "top");
        const auto flags = read_flags(arguments, top_flags());
        if (!flags) return fail(flags.error());
        return top_settings(*flags);
    }
    static std::string fault(const std::vector<std::string>& arguments) {
        const auto settings = parse(arguments);
        return settings ? "nothing" : settings.error().message();
    }

    std::filesystem::path folder;
};

TEST_F(TopCommand, AsksTheUsualEndpointByDefault) {
    const auto settings = parse({});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->fetch.endpoint.url, "http://127.0.0.1:9974/metrics");
    EXPECT_EQ(settings->by.kind, RowKind::kFile);
    EXPECT_EQ(settings->sort, SortKey::kBytes);
    EXPECT_EQ(settings->rows, std::nullopt);
    EXPECT_EQ(settings->interval, std::chrono::seconds(2));
    EXPECT_FALSE(settings->once);
    EXPECT_FALSE(settings->json);
}

TEST_F(TopCommand, TakesEveryFlag) {
    const std::string file = file_of("secret\nmore\n");
    const auto settings = parse(
        {"--url",  "https://h",       "-t",   "a",      "--target=b", "--path", "/etc/*", "--by",
         "comm",   "--sort",          "size", "-n",     "7",          "-i",     "0.5",    "--once",
         "--json", "--cacert",        file,   "--cert", file,         "--key",  file,     "--user",
         "anna",   "--password-file", file});
    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ(settings->fetch.endpoint.url, "https://h/metrics?target%5b%5d=a&target%5b%5d=b");
    EXPECT_EQ(settings->path, "/etc/*");
    EXPECT_EQ(settings->by.kind, RowKind::kLabel);
    EXPECT_EQ(settings->by.label, "comm");
    EXPECT_EQ(settings->sort, SortKey::kSize);
    EXPECT_EQ(settings->rows, 7U);
    EXPECT_EQ(settings->interval, std::chrono::milliseconds(500));
    EXPECT_TRUE(settings->once);
    EXPECT_TRUE(settings->json);
    EXPECT_EQ(settings->fetch.ca_file, file);
    EXPECT_EQ(settings->fetch.certificate_file, file);
    EXPECT_EQ(settings->fetch.key_file, file);
    EXPECT_EQ(settings->fetch.user, "anna");
    EXPECT_EQ(settings->fetch.password, "secret");
}

TEST_F(TopCommand, RowsAreOfFilesSeriesTargetsOrLabels) {
    EXPECT_EQ(parse({"--by", "file"})->by.kind, RowKind::kFile);
    EXPECT_EQ(parse({"--by", "series"})->by.kind, RowKind::kSeries);
    EXPECT_EQ(parse({"--by", "target"})->by.kind, RowKind::kTarget);
    EXPECT_EQ(parse({"--by", "container"})->by.label, "container");
}

TEST_F(TopCommand, ThePasswordMayBeInTheEnvironment) {
    setenv("VFSWATCHCTL_PASSWORD", "of the environment", 1);
    EXPECT_EQ(parse({"--user", "anna"})->fetch.password, "of the environment");
    EXPECT_EQ(parse({"--user", "anna", "--password-file", file_of("of the file")})->fetch.password,
              "of the file");
    // Without a user nobody is to see it.
    EXPECT_EQ(parse({})->fetch.password, "");
}

TEST_F(TopCommand, NamesWhatIsWrong) {
    for (const char* text : {"", "0", "-1", "1x", "all", "99999999999999999999"})
        EXPECT_EQ(fault({"-n", text}), std::string("--rows: found `") + text +
                                           "`, expected a number of rows, 1 or more");
    for (const char* text : {"", "0.49", "60.1", "1s", "nan", "inf", "1e1", "-1"})
        EXPECT_EQ(fault({"-i", text}),
                  std::string("--interval: found `") + text + "`, expected seconds, 0.5 to 60");
    for (const char* text : {"", "1a", "a-b", "a b"})
        EXPECT_EQ(fault({"--by", text}), std::string("--by: found `") + text +
                                             "`, expected file, series, target, or a label's name");
    EXPECT_EQ(fault({"--sort", "name"}),
              "--sort: found `name`, expected bytes, calls, size, errors or path");
    EXPECT_EQ(fault({"-t", ""}), "--target: found nothing, expected a target's name");
    EXPECT_EQ(fault({"--url", "h"}).find("--url: found `h`, expected http://"), 0U);
}

TEST_F(TopCommand, NamesWhatDoesNotGoTogether) {
    const std::string file = file_of("x");
    EXPECT_EQ(fault({"--user", "anna"}),
              "--user needs --password-file, or the password in the environment's "
              "VFSWATCHCTL_PASSWORD");
    EXPECT_EQ(fault({"--password-file", file}), "--password-file needs --user");
    EXPECT_EQ(fault({"--cacert", file}), "--cacert, --cert and --key need an --url of https");
    EXPECT_EQ(fault({"--url", "https://h", "--key", file}), "--key needs --cert");
}

TEST_F(TopCommand, NamesFilesThatCannotBeUsed) {
    EXPECT_EQ(fault({"--user", "a", "--password-file", "/none"}),
              "--password-file: /none: cannot open: No such file or directory");
    const std::string empty = file_of("\nsecond line\n");
    EXPECT_EQ(fault({"--user", "a", "--password-file", empty}),
              "--password-file: " + empty + ": expected a password on the first line");
    EXPECT_EQ(fault({"--url", "https://h", "--cacert", "/none"}),
              "--cacert: /none: No such file or directory");
}

}  // namespace
}  // namespace vfswatchd
