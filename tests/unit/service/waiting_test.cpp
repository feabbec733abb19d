// SPDX-License-Identifier: Apache-2.0
#include "service/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "config/keys.h"

namespace vfswatchd {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

const ConfigPlace kPlace{"a.yaml", 3, 5};

class Waiting : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "vfswatchd-wait-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        root_ = fs::canonical(pattern).string();
        config_.targets.resize(1);
        target().name = "t";
        target().file_types = file_type_words().front().types;
    }
    void TearDown() override { fs::remove_all(root_); }

    TargetConfig& target() { return config_.targets.front(); }
    [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
    void make(const std::string& directory) const { fs::create_directories(path(directory)); }
    void make_file(const std::string& name) const { std::ofstream(path(name)) << "x"; }

    /// What is said of the targets, with cgroups in the temporary directory.
    [[nodiscard]] std::vector<std::string> notes() const { return not_there_yet(config_, root_); }
    std::vector<std::string> notes_on_path(const std::string& pattern) {
        target().include = {{pattern, kPlace}};
        return notes();
    }
    std::vector<std::string> notes_on_exe(const std::string& pattern) {
        target().processes.exes = {{pattern, kPlace}};
        return notes();
    }
    std::vector<std::string> notes_on_unit(const std::string& unit) {
        target().processes.units = {{unit, kPlace}};
        return notes();
    }
    std::vector<std::string> notes_on_cgroup(const std::string& cgroup) {
        target().processes.cgroups = {{cgroup, kPlace}};
        return notes();
    }

    Config config_;

  private:
    std::string root_;
};

TEST_F(Waiting, NamesThePlaceOfWhatIsNotThereYet) {
    target().processes.pids = {{4194304, {"a.yaml", 2, 7}}};
    EXPECT_THAT(notes_on_path("/no/such/path"),
                ElementsAre("a.yaml:2:7: there is no process 4194304 yet: target t waits for the "
                            "first that gets this number",
                            "a.yaml:3:5: /no/such/path does not exist yet: target t waits for it"));
}

TEST_F(Waiting, SaysNothingOfWhatIsThereOrMatchesAtAnyDepth) {
    make("d");
    make_file("d/f");
    EXPECT_THAT(notes_on_path("/proc"), IsEmpty());
    EXPECT_THAT(notes_on_path("/"), IsEmpty());
    EXPECT_THAT(notes_on_path("/**"), IsEmpty());
    EXPECT_THAT(notes_on_path(path("d/f")), IsEmpty());
    EXPECT_THAT(notes_on_path(path("d/*.none")), IsEmpty());
    EXPECT_THAT(notes_on_path(path("d/**/none")), IsEmpty());
    EXPECT_THAT(notes_on_path("relative"), IsEmpty());
    EXPECT_THAT(notes_on_path("**/relative"), IsEmpty());
}

TEST_F(Waiting, NamesTheProcessOfAThread) {
    std::promise<pid_t> id;
    std::promise<void> seen;
    const std::jthread thread([&] {
        id.set_value(gettid());
        seen.get_future().wait();
    });
    target().processes.pids = {{static_cast<std::uint32_t>(id.get_future().get()), {}}};
    EXPECT_THAT(notes(),
                ElementsAre(HasSubstr(" is a thread of process " + std::to_string(getpid()))));
    seen.set_value();
}

TEST_F(Waiting, NamesTheDirectoryOfAPatternThatCanMatchNothing) {
    EXPECT_THAT(notes_on_path("/no/such/*.d/**"),
                ElementsAre("a.yaml:3:5: /no/such/*.d/**: /no/such does not exist yet: target t "
                            "waits for it"));
    make_file("f");
    EXPECT_THAT(notes_on_path(path("f/*")), ElementsAre(HasSubstr(" is no directory: target t ")));
    EXPECT_THAT(notes_on_path(path("f/x")), ElementsAre(HasSubstr(" does not exist yet: target")));
}

TEST_F(Waiting, ReadsTheEscapesOfAPath) {
    make("a*b");
    make_file("a*b/\xff");
    EXPECT_THAT(notes_on_path(path(R"(a\*b)")), IsEmpty());
    EXPECT_THAT(notes_on_path(path(R"(a\x2ab/\xff)")), IsEmpty());
    EXPECT_THAT(notes_on_path(path(R"(a\*c)")), ElementsAre(HasSubstr("/a\\*c does not exist")));
    EXPECT_THAT(notes_on_path("/no\\xff/*"), ElementsAre(HasSubstr(": /no\\xff does not exist")));
}

TEST_F(Waiting, NamesWhatASymbolicLinkHides) {
    EXPECT_THAT(notes_on_path("/proc/self/exe"),
                ElementsAre(HasSubstr("a.yaml:3:5: /proc/self/exe is reached through a symbolic "
                                      "link: its reads are under /")));
    make("real");
    fs::create_symlink(path("real"), path("link"));
    EXPECT_THAT(notes_on_path(path("link/*.log")),
                ElementsAre(EndsWith(": " + path("link") +
                                     " is reached through a symbolic link: "
                                     "its reads are under " +
                                     path("real") + "; write that in target t")));
}

TEST_F(Waiting, NamesALoopOfSymbolicLinks) {
    fs::create_symlink(path("b"), path("a"));
    fs::create_symlink(path("a"), path("b"));
    EXPECT_THAT(notes_on_path(path("a/x")),
                ElementsAre(EndsWith("/a/x leads through a loop of symbolic links: target t waits "
                                     "for it")));
    EXPECT_THAT(notes_on_path(path("a/*")), ElementsAre(HasSubstr("/a leads through a loop of")));
}

TEST_F(Waiting, SaysWhatMayNotBeLookedAt) {
    make("shut/below");
    fs::permissions(path("shut"), fs::perms::none);
    fs::permissions(path(""), fs::perms::all);
    constexpr uid_t kNobody = 65534;
    const bool is_root = geteuid() == 0;  // who may look at everything
    ASSERT_TRUE(!is_root || setreuid(kNobody, 0) == 0);
    ASSERT_TRUE(!is_root || seteuid(kNobody) == 0);
    const auto below = notes_on_path(path("shut/below"));
    const auto in = notes_on_path(path("shut/*"));
    ASSERT_TRUE(!is_root || seteuid(0) == 0);
    ASSERT_TRUE(!is_root || setreuid(0, 0) == 0);
    fs::permissions(path("shut"), fs::perms::owner_all);
    EXPECT_THAT(below, ElementsAre(EndsWith("/shut/below cannot be looked up (Permission denied): "
                                            "target t waits for it")));
    EXPECT_THAT(in, ElementsAre(EndsWith("/shut cannot be read, so what is in it is not known: "
                                         "target t waits for it")));
}

TEST_F(Waiting, SaysWhichTypeOfFileIsNotCounted) {
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_THAT(notes_on_path(path("pipe")),
                ElementsAre("a.yaml:3:5: " + path("pipe") +
                            " is of the type fifo, which is not counted: add fifo to the "
                            "file_types of target t"));
    EXPECT_THAT(notes_on_path("/dev/null"), ElementsAre(HasSubstr("add chardev to")));
    target().file_types = 0xffff;
    EXPECT_THAT(notes_on_path(path("pipe")), IsEmpty());
    EXPECT_THAT(notes_on_path("/dev/null"), IsEmpty());
    target().file_types = 0;
    EXPECT_THAT(notes_on_path("/dev"), IsEmpty()) << "what is below may be of any type";
}

TEST_F(Waiting, NamesExecutablesThatAreNotThere) {
    EXPECT_THAT(notes_on_exe("/no/such/program"),
                ElementsAre("a.yaml:3:5: /no/such/program does not exist yet: target t waits for "
                            "it"));
    EXPECT_THAT(notes_on_exe("/no/such/*"), ElementsAre(HasSubstr(": /no/such does not exist")));
    make_file("x");
    EXPECT_THAT(notes_on_exe(path("x")), IsEmpty());
    target().file_types = 0;
    EXPECT_THAT(notes_on_exe(path("x")), IsEmpty()) << "nobody counts reads of it";
    fs::create_symlink(path("x"), path("y"));
    EXPECT_THAT(notes_on_exe(path("y")),
                ElementsAre(HasSubstr("link: the processes' executable is " + path("x") + ";")));
}

TEST_F(Waiting, FindsUnitsBelowSlicesOnly) {
    make("system.slice/system-a.slice/a@1.service/sub.service");
    make("user.slice/user@1.service/own.service");
    make("system.slice/__b.service");
    make_file("system.slice/c.service");
    for (const char* there : {"a@1.service", "system-a.slice", "system.slice", "user@1.service",
                              "_b.service", "none*.service", "a@?.service"})
        EXPECT_THAT(notes_on_unit(there), IsEmpty()) << there;
    for (const char* missing :
         {"a@2.service", "sub.service", "own.service", "__b.service", "c.service"})
        EXPECT_THAT(notes_on_unit(missing),
                    ElementsAre("a.yaml:3:5: the unit " + std::string(missing) +
                                " has no cgroup yet: target t waits for it"));
}

TEST_F(Waiting, FindsCgroupsBelowTheRoot) {
    make(R"(system.slice/a\x2db.slice)");
    for (const char* there : {"/", "/system.slice", R"(/system.slice/a\\x2db.slice)", "/no/*"})
        EXPECT_THAT(notes_on_cgroup(there), IsEmpty()) << there;
    EXPECT_THAT(notes_on_cgroup("/system.slice/x"),
                ElementsAre("a.yaml:3:5: there is no cgroup /system.slice/x yet: target t waits "
                            "for it"));
    EXPECT_THAT(notes_on_cgroup(R"(/system.slice/a\x2db.slice)"),
                ElementsAre(HasSubstr("no cgroup /system.slice/a-b.slice yet (write '\\\\' for a "
                                      "backslash of its name): target t")));
}

TEST_F(Waiting, SaysNothingOfCgroupsWhereThereAreNone) {
    target().processes.units = {{"a.service", {}}};
    target().processes.cgroups = {{"/a", {}}};
    EXPECT_THAT(not_there_yet(config_, ""), IsEmpty());
}

TEST_F(Waiting, DoesNotOpenWhatIsNamed) {
    // Whoever opens a FIFO that nobody writes to waits for a writer.
    ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
    target().file_types = 0xffff;
    target().processes.exes = {{path("pipe"), {}}};
    target().processes.units = {{"pipe.service", {}}};
    target().processes.cgroups = {{"/pipe", {}}};
    EXPECT_THAT(notes_on_path(path("pipe")), testing::SizeIs(1));
}

}  // namespace
}  // namespace vfswatchd
