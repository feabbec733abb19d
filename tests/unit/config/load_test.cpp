// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace vfswatchd {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ConfigLoad : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "vfswatchd-load-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override { fs::remove_all(directory_); }

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((directory_ / name).parent_path());
        std::ofstream(directory_ / name) << text;
    }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (directory_ / name).string();
    }
    [[nodiscard]] std::vector<std::string> target_names() const {
        std::vector<std::string> names;
        const ConfigOrFaults config = load_config(path("main.yaml"));
        if (!config) {
            for (const ConfigFault& fault : config.error())
                names.push_back(format_fault(fault));
            return names;
        }
        for (const TargetConfig& target : config->targets)
            names.push_back(target.name);
        return names;
    }

  private:
    fs::path directory_;
};

TEST_F(ConfigLoad, ReadsTheMainFileAlone) {
    write("main.yaml", "targets: [{name: a}]\n");
    EXPECT_THAT(target_names(), ElementsAre("a"));
}

TEST_F(ConfigLoad, ReadsDropInsInTheOrderOfTheirNames) {
    write("main.yaml", "targets: [{name: a}]\n");
    write("conf.d/20-x.yaml", "targets: [{name: c}]\n");
    write("conf.d/10-y.yaml", "targets: [{name: b}]\n");
    write("conf.d/30-z.yaml", "targets: [{name: d}]\n");
    EXPECT_THAT(target_names(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(ConfigLoad, PassesOverOtherFiles) {
    write("main.yaml", "targets: [{name: a}]\n");
    write("conf.d/x.yaml.bak", "nonsense");
    write("conf.d/.#x.yaml", "nonsense");
    write("conf.d/README", "nonsense");
    EXPECT_THAT(target_names(), ElementsAre("a"));
}

TEST_F(ConfigLoad, PointsOutAMisspeltSuffix) {
    write("main.yaml", "targets: [{name: a}]\n");
    write("conf.d/x.yml", "targets: [{name: b}]\n");
    EXPECT_THAT(target_names(), ElementsAre(AllOf(testing::StartsWith(path("conf.d/x.yml") + ": "),
                                                  HasSubstr("rename the file"))));
}

TEST_F(ConfigLoad, NamesTheDropInOfAFault) {
    write("main.yaml", "targets: [{name: a}]\n");
    write("conf.d/x.yaml", "targets: [{name: a}]\n");
    EXPECT_THAT(target_names(),
                ElementsAre(AllOf(testing::StartsWith(path("conf.d/x.yaml") + ":1:18: "),
                                  HasSubstr(path("main.yaml") + ":1:18"))));
}

TEST_F(ConfigLoad, SaysWhatToDoAboutAMissingFile) {
    EXPECT_THAT(target_names(),
                ElementsAre(path("main.yaml") + ": cannot open: No such file or directory; create "
                                                "it, or name another one"));
}

TEST_F(ConfigLoad, RefusesADirectory) {
    fs::create_directory(path("main.yaml"));
    EXPECT_THAT(target_names(), ElementsAre(HasSubstr("Is a directory; name the file in it")));
}

TEST_F(ConfigLoad, SaysWhatToDoAboutAFileOfSomebodyElse) {
    write("main.yaml", "targets: [{name: a}]\n");
    fs::permissions(path("main.yaml"), fs::perms::none);
    constexpr uid_t kNobody = 65534;
    const bool is_root = geteuid() == 0;  // who may read everything
    ASSERT_TRUE(!is_root || seteuid(kNobody) == 0);
    const std::vector<std::string> faults = target_names();
    ASSERT_TRUE(!is_root || seteuid(0) == 0);
    EXPECT_THAT(faults, testing::Contains(HasSubstr("Permission denied; let the user")));
}

TEST_F(ConfigLoad, ReportsADropInThatCannotBeRead) {
    write("main.yaml", "targets: [{name: a}]\n");
    fs::create_directories(path("conf.d"));
    fs::create_symlink("/nonexistent", path("conf.d/x.yaml"));
    EXPECT_THAT(target_names(),
                ElementsAre(testing::StartsWith(path("conf.d/x.yaml") + ": cannot open")));
}

TEST_F(ConfigLoad, StopsReadingAFileWithoutEnd) {
    fs::create_symlink("/dev/zero", path("main.yaml"));
    EXPECT_THAT(target_names(), ElementsAre(HasSubstr("larger than 1048576 bytes")));
}

TEST(ShippedConfig, Loads) {
    const ConfigOrFaults config = load_config(VFSWATCHD_SOURCE_DIR "/config/vfswatchd.yaml");
    ASSERT_TRUE(config) << format_fault(config.error().front());
    ASSERT_EQ(config->targets.size(), 1U);
    EXPECT_EQ(config->targets[0].name, "etc");
    EXPECT_EQ(config->targets[0].include.at(0).text, "/etc/**");
}

TEST(ShippedConfig, ExamplesLoad) {
    int examples = 0;
    for (const auto& file : fs::directory_iterator(VFSWATCHD_SOURCE_DIR "/config/examples")) {
        ++examples;
        if (file.path().filename() == "web-config.yaml") {
            const WebConfigOrFaults web = load_web_config(file.path().string());
            EXPECT_TRUE(web) << format_fault(web.error().front());
            continue;
        }
        const ConfigOrFaults config = load_config(file.path().string());
        EXPECT_TRUE(config) << format_fault(config.error().front());
    }
    EXPECT_GT(examples, 0);
}

}  // namespace
}  // namespace vfswatchd
