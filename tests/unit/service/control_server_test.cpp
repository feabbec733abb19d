// SPDX-License-Identifier: Apache-2.0
#include "service/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "control_folder.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

const ReloadOutcome kGood{ExitCode::kOk, {"reloaded"}};
constexpr const char* kGoodAnswer = "0 1\nreloaded\n";
/// Longer than any test: whoever waits for it to be over fails.
constexpr ControlLimits kPatient{16, 120s};

/// A server on a loop in a thread of its own.
class Running {
  public:
    Running(const std::string& directory, ControlServer::OnReload on_reload,
            ControlLimits limits = kPatient) {
        auto loop = Loop::create([] {});
        loop_ = std::move(loop.value());
        auto server = ControlServer::start(*loop_, directory, std::move(on_reload), limits);
        server_ = std::move(server.value());
        thread_ = std::thread([this] { EXPECT_TRUE(loop_->run().has_value()); });
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        pthread_kill(thread_.native_handle(), SIGTERM);
        thread_.join();
    }

    [[nodiscard]] std::chrono::nanoseconds processor_time() {
        clockid_t clock{};
        timespec time{};
        EXPECT_EQ(pthread_getcpuclockid(thread_.native_handle(), &clock), 0);
        EXPECT_EQ(clock_gettime(clock, &time), 0);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }

  private:
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<ControlServer> server_;
    std::thread thread_;
};

std::string answer_to(const ControlFolder& folder, const std::string& request) {
    RawControlClient client(folder.socket());
    client.send(request);
    return client.receive_all();
}

/// A process that holds the directory until it is killed.
class OtherDaemon {
  public:
    explicit OtherDaemon(const std::string& directory) {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe(ends.data()), 0);
        const UniqueFd here(ends[0]);
        UniqueFd there(ends[1]);
        process_ = fork();
        if (process_ == 0) hold(directory, there.get());
        there.reset();
        char byte = 0;
        EXPECT_EQ(::read(here.get(), &byte, 1), 1) << "the child has no server";
    }
    OtherDaemon(const OtherDaemon&) = delete;
    OtherDaemon& operator=(const OtherDaemon&) = delete;
    ~OtherDaemon() { kill(); }

    [[nodiscard]] pid_t process() const { return process_; }

    void kill() {
        if (process_ == 0) return;
        ::kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
        process_ = 0;
    }

  private:
    [[noreturn]] static void hold(const std::string& directory, int there) {
        const auto loop = Loop::create([] {});
        const auto server = ControlServer::start(
            **loop, directory, [] { return ReloadOutcome{}; }, kPatient);
        if (server && ::write(there, "x", 1) == 1)
            while (true)
                pause();
        _exit(1);
    }

    pid_t process_ = 0;
};

struct stat status_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
    return status;
}

TEST(ControlServer, BelongsWhereSystemdSays) {
    EXPECT_EQ(control_directory(nullptr), "/run/vfswatchd");
    EXPECT_EQ(control_directory(""), "/run/vfswatchd");
    EXPECT_EQ(control_directory("/run/one"), "/run/one");
    EXPECT_EQ(control_directory("/run/one:/run/two"), "/run/one");
}

TEST(ControlServer, AnswersWithTheOutcome) {
    const ControlFolder folder;
    std::atomic<int> calls = 0;
    const Running running(folder.directory(), [&] {
        ++calls;
        return ReloadOutcome{ExitCode::kConfig, {"f.yaml:1:2: one", "f.yaml:3:4: two"}};
    });
    EXPECT_EQ(answer_to(folder, "reload\n"), "78 2\nf.yaml:1:2: one\nf.yaml:3:4: two\n");
    EXPECT_EQ(calls, 1);
}

TEST(ControlServer, IsForItsOwnUserOnly) {
    const ControlFolder folder;
    const mode_t before = umask(0);
    const Running running(folder.directory(), [] { return kGood; });
    umask(before);
    EXPECT_EQ(status_of(folder.socket()).st_mode, S_IFSOCK | 0600U);
    EXPECT_EQ(status_of(folder.directory()).st_mode, S_IFDIR | 0755U);
}

TEST(ControlServer, TakesARequestInPieces) {
    const ControlFolder folder;
    const Running running(folder.directory(), [] { return kGood; });
    RawControlClient client(folder.socket());
    for (const char* piece : {"re", "loa", "d"}) {
        client.send(piece);
        std::this_thread::sleep_for(20ms);
        EXPECT_EQ(client.received(), "");
    }
    client.send("\n");
    EXPECT_EQ(client.receive_all(), kGoodAnswer);
}

TEST(ControlServer, RefusesWhatItDoesNotKnow) {
    const ControlFolder folder;
    std::atomic<int> calls = 0;
    const Running running(folder.directory(), [&] {
        ++calls;
        return kGood;
    });
    EXPECT_EQ(answer_to(folder, "stop\n"), "64 1\nunknown request `stop`, expected reload\n");
    EXPECT_EQ(answer_to(folder, "\n"), "64 1\nunknown request ``, expected reload\n");
    EXPECT_EQ(answer_to(folder, std::string("\0\xff\x1b[2J\n", 7)),
              "64 1\nunknown request `\\x00\\xff\\x1b[2J`, expected reload\n");
    EXPECT_EQ(answer_to(folder, "reload \n"), "64 1\nunknown request `reload `, expected reload\n");
    EXPECT_EQ(calls, 0);
}

TEST(ControlServer, RefusesARequestThatIsTooLong) {
    const ControlFolder folder;
    const Running running(folder.directory(), [] { return kGood; });
    const std::string refusal = "64 1\nexpected a line of less than 64 bytes\n";
    EXPECT_EQ(answer_to(folder, std::string(64, 'x')), refusal);
    EXPECT_EQ(answer_to(folder, std::string(100'000, 'x') + "\n"), refusal);
    EXPECT_THAT(answer_to(folder, std::string(63, 'x') + "\n"), StartsWith("64 1\nunknown"));
}

TEST(ControlServer, TakesOneRequestOfAClient) {
    const ControlFolder folder;
    std::atomic<int> calls = 0;
    const Running running(folder.directory(), [&] {
        ++calls;
        return kGood;
    });
    EXPECT_EQ(answer_to(folder, "reload\nreload\n"), kGoodAnswer);
    EXPECT_EQ(answer_to(folder, "reload\nrubbish"), kGoodAnswer);
    EXPECT_EQ(calls, 2);
}

TEST(ControlServer, LetsNobodyWaitForASilentClient) {
    const ControlFolder folder;
    const Running running(folder.directory(), [] { return kGood; });
    RawControlClient silent(folder.socket());
    RawControlClient halfway(folder.socket());
    halfway.send("relo");
    EXPECT_EQ(answer_to(folder, "reload\n"), kGoodAnswer);
    EXPECT_EQ(silent.received() + halfway.received(), "");
    halfway.send("ad\n");
    EXPECT_EQ(halfway.receive_all(), kGoodAnswer);
}

TEST(ControlServer, HangsUpOnASilentClient) {
    const ControlFolder folder;
    const Running running(folder.directory(), [] { return kGood; }, {16, 100ms});
    RawControlClient silent(folder.socket());
    RawControlClient halfway(folder.socket());
    halfway.send("relo");
    EXPECT_EQ(silent.receive_all(), "");
    EXPECT_EQ(halfway.receive_all(), "");
}

TEST(ControlServer, HangsUpOnAClientThatDoesNotTakeItsAnswer) {
    const ControlFolder folder;
    const std::string line(1'000'000, 'x');
    const Running running(folder.directory(),
                          [&] {
                              return ReloadOutcome{ExitCode::kOk, {line}};
                          },
                          {16, 200ms});
    RawControlClient slow(folder.socket());
    slow.send("reload\n");
    std::this_thread::sleep_for(600ms);
    const std::string got = slow.receive_all();
    EXPECT_THAT(got, StartsWith("0 1\nxxx"));
    EXPECT_LT(got.size(), line.size());
}

TEST(ControlServer, LetsNobodyWaitForASlowReader) {
    const ControlFolder folder;
    const std::string line(1'000'000, 'x');
    const Running running(folder.directory(), [&] { return ReloadOutcome{ExitCode::kOk, {line}}; });
    RawControlClient slow(folder.socket());
    slow.send("reload\n");
    EXPECT_EQ(answer_to(folder, "reload\n"), "0 1\n" + line + "\n");
    EXPECT_EQ(slow.receive_all(), "0 1\n" + line + "\n");
}

TEST(ControlServer, OutlivesAClientThatLeavesBeforeTheAnswer) {
    const ControlFolder folder;
    std::promise<void> begun;
    std::promise<void> left;
    std::atomic<int> calls = 0;
    const Running running(folder.directory(), [&] {
        if (calls++ == 0) {
            begun.set_value();
            left.get_future().wait();
        }
        return kGood;
    });
    RawControlClient client(folder.socket());
    client.send("reload\n");
    begun.get_future().wait();
    client.leave();
    left.set_value();
    EXPECT_EQ(answer_to(folder, "reload\n"), kGoodAnswer);
    EXPECT_EQ(calls, 2);
}

TEST(ControlServer, LetsClientsWaitForAPlace) {
    const ControlFolder folder;
    const Running running(folder.directory(), [] { return kGood; }, {2, 120s});
    RawControlClient first(folder.socket());
    RawControlClient second(folder.socket());
    RawControlClient third(folder.socket());
    third.send("reload\n");
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(third.received(), "");
    second.leave();
    EXPECT_EQ(third.receive_all(), kGoodAnswer);
    first.send("reload\n");
    EXPECT_EQ(first.receive_all(), kGoodAnswer);
}

TEST(ControlServer, AnswersEverybodyOfACrowd) {
    const ControlFolder folder;
    std::promise<void> all_asked;
    std::atomic<int> calls = 0;
    const Running running(folder.directory(),
                          [&, asked = all_asked.get_future().share()] {
                              asked.wait();
                              ++calls;
                              return kGood;
                          },
                          {3, 1s});
    std::vector<RawControlClient> clients(20);
    for (RawControlClient& client : clients) {
        ASSERT_TRUE(client.connect(folder.socket()));
        client.send("reload\n");
    }
    all_asked.set_value();
    for (RawControlClient& client : clients)
        EXPECT_EQ(client.receive_all(), kGoodAnswer);
    EXPECT_EQ(calls, 20);
}

// The loop was busy for longer than a client may stay silent, and the client was not.
TEST(ControlServer, DoesNotCountTheTimeOfAReload) {
    const ControlFolder folder;
    std::promise<void> begun;
    std::atomic<int> calls = 0;
    const Running running(folder.directory(),
                          [&] {
                              if (calls++ == 1) {
                                  begun.set_value();
                                  std::this_thread::sleep_for(1s);
                              }
                              return kGood;
                          },
                          {16, 700ms});
    RawControlClient second(folder.socket());
    // Accepted behind it.
    EXPECT_EQ(answer_to(folder, "reload\n"), kGoodAnswer);
    RawControlClient first(folder.socket());
    first.send("reload\n");
    begun.get_future().wait();
    second.send("reload\n");
    EXPECT_EQ(first.receive_all(), kGoodAnswer);
    EXPECT_EQ(second.receive_all(), kGoodAnswer);
}

TEST(ControlServer, GivesTimeToTakeTheAnswerFromItsBeginOn) {
    const ControlFolder folder;
    const std::string line(1'000'000, 'x');
    std::promise<void> done;
    const Running running(folder.directory(),
                          [&] {
                              std::this_thread::sleep_for(600ms);
                              done.set_value();
                              return ReloadOutcome{ExitCode::kOk, {line}};
                          },
                          {16, 500ms});
    RawControlClient client(folder.socket());
    client.send("reload\n");
    done.get_future().wait();
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(client.receive_all(), "0 1\n" + line + "\n");
}

TEST(ControlServer, RestsWhileNoDescriptorIsLeft) {
    const ControlFolder folder;
    Running running(folder.directory(), [] { return kGood; });
    RawControlClient client;
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    // Nothing that a sanitizer would need a descriptor for happens until there are some again.
    const bool connected = client.connect(folder.socket());
    client.send("reload\n");
    const auto begin = running.processor_time();
    std::this_thread::sleep_for(500ms);
    const auto took = running.processor_time() - begin;
    const std::string early = client.received();
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(connected);
    EXPECT_LT(took, 150ms);
    EXPECT_EQ(early, "");
    EXPECT_EQ(client.receive_all(), kGoodAnswer);
}

TEST(ControlServer, RemovesItsSocketAndComesAgain) {
    const ControlFolder folder;
    for (int i = 0; i < 2; i++) {
        const Running running(folder.directory(), [] { return kGood; });
        EXPECT_EQ(answer_to(folder, "reload\n"), kGoodAnswer);
    }
    EXPECT_FALSE(std::filesystem::exists(folder.socket()));
}

TEST(ControlServer, ReplacesTheSocketOfADaemonThatWasKilled) {
    const ControlFolder folder;
    OtherDaemon other(folder.directory());
    other.kill();
    ASSERT_EQ(status_of(folder.socket()).st_mode & S_IFMT, S_IFSOCK + 0U);
    RawControlClient client;
    ASSERT_FALSE(client.connect(folder.socket()));
    const Running running(folder.directory(), [] { return kGood; });
    EXPECT_EQ(answer_to(folder, "reload\n"), kGoodAnswer);
}

TEST(ControlServer, LeavesTheSocketOfALivingDaemonAndNamesIt) {
    const ControlFolder folder;
    const OtherDaemon other(folder.directory());
    const ino_t before = status_of(folder.socket()).st_ino;
    const auto loop = Loop::create([] {});
    const auto server = ControlServer::start(
        **loop, folder.directory(), [] { return kGood; }, kPatient);
    ASSERT_FALSE(server.has_value());
    EXPECT_TRUE(server.error().runs_already);
    EXPECT_THAT(server.error().error.message(), StartsWith("vfswatchd runs already as process " +
                                                           std::to_string(other.process()) + ":"));
    EXPECT_EQ(status_of(folder.socket()).st_ino, before);
    RawControlClient client(folder.socket());
}

/// Why there is no server there; no daemon runs.
std::string refusal(const std::string& directory) {
    const auto loop = Loop::create([] {});
    const auto server = ControlServer::start(
        **loop, directory, [] { return kGood; }, kPatient);
    if (server) return "none";
    EXPECT_FALSE(server.error().runs_already);
    return server.error().error.message();
}

TEST(ControlServer, SaysWhyItCannotListen) {
    const ControlFolder folder;
    EXPECT_EQ(refusal(folder.path() + "/no/run"),
              "make " + folder.path() + "/no/run: No such file or directory");
    std::ofstream(folder.path() + "/file") << "x";
    EXPECT_EQ(refusal(folder.path() + "/file"),
              "open " + folder.path() + "/file/control.lock: Not a directory");
    EXPECT_THAT(refusal(folder.path() + "/" + std::string(100, 'x')), HasSubstr("is too long"));
}

TEST(ControlServer, FollowsNoLinkAndOpensNoFifo) {
    const ControlFolder folder;
    std::filesystem::create_directory(folder.directory());
    const std::string lock = folder.directory() + "/control.lock";
    std::filesystem::create_symlink(folder.path() + "/elsewhere", lock);
    EXPECT_THAT(refusal(folder.directory()), StartsWith("open " + lock));
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/elsewhere"));
    std::filesystem::remove(lock);
    ASSERT_EQ(mkfifo(lock.c_str(), 0600), 0);
    EXPECT_EQ(refusal(folder.directory()), lock + " is not a plain file");
}

}  // namespace
}  // namespace vfswatchd
