// SPDX-License-Identifier: Apache-2.0
#include "service/reload_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "control_folder.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

/// Takes one client's request, says what it is told to, and hangs up.
class Answering {
  public:
    Answering(const ControlFolder& folder, std::string answer) {
        std::filesystem::create_directory(folder.directory());
        const auto address = control_address(folder.socket());
        socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        EXPECT_EQ(
            ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)),
            0);
        EXPECT_EQ(::listen(socket_.get(), 1), 0);
        thread_ = std::thread([this, text = std::move(answer)] { serve(text); });
    }
    Answering(const Answering&) = delete;
    Answering& operator=(const Answering&) = delete;
    ~Answering() { thread_.join(); }

    /// Known once the client has its answer.
    [[nodiscard]] const std::string& request() const { return request_; }

  private:
    void serve(const std::string& answer) {
        const UniqueFd client(::accept(socket_.get(), nullptr, nullptr));
        std::array<char, 64> bytes;
        const ssize_t got = ::recv(client.get(), bytes.data(), bytes.size(), 0);
        if (got > 0) request_.assign(bytes.data(), static_cast<std::size_t>(got));
        EXPECT_EQ(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(answer.size()));
    }

    UniqueFd socket_;
    std::string request_;
    std::thread thread_;
};

struct Ended {
    ExitCode code;
    std::string out;
    std::string error;
};

Ended reload_at(const std::string& socket) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = reload({socket});
    std::string out = testing::internal::GetCapturedStdout();
    return {code, out, testing::internal::GetCapturedStderr()};
}

Ended reload_answered_with(const std::string& answer) {
    const ControlFolder folder;
    const Answering daemon(folder, answer);
    return reload_at(folder.socket());
}

Result<ReloadOptions> parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "reload");
    const auto flags = read_flags(arguments, reload_flags());
    if (!flags) return fail(flags.error());
    return reload_options(*flags);
}

TEST(ReloadCommand, LooksForTheDaemonWhereTheUnitHasIt) {
    EXPECT_EQ(parse({})->socket, "/run/vfswatchd/control");
    EXPECT_EQ(parse({"--socket", "/a"})->socket, "/a");
    EXPECT_EQ(parse({"--socket", ""}).error().message(),
              "--socket: found an empty name, expected a socket");
}

TEST(ReloadCommand, AsksInOneLine) {
    const ControlFolder folder;
    const Answering daemon(folder, "0 0\n");
    EXPECT_EQ(reload_at(folder.socket()).code, ExitCode::kOk);
    EXPECT_EQ(daemon.request(), "reload\n");
}

TEST(ReloadCommand, PrintsSuccessOnStdout) {
    const Ended ended = reload_answered_with("0 2\nfirst\nsecond\n");
    EXPECT_EQ(ended.code, ExitCode::kOk);
    EXPECT_EQ(ended.out, "first\nsecond\n");
    EXPECT_EQ(ended.error, "");
}

TEST(ReloadCommand, PrintsFaultsOnStderrAndEndsWithTheirCode) {
    const Ended ended = reload_answered_with("78 2\n/etc/x.yaml:4:7: one\n/etc/x.yaml:5:1: two\n");
    EXPECT_EQ(ended.code, ExitCode::kConfig);
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(ended.error, "/etc/x.yaml:4:7: one\n/etc/x.yaml:5:1: two\n");
}

TEST(ReloadCommand, LetsNothingReachTheTerminalRaw) {
    const Ended ended = reload_answered_with("78 1\n/etc/\x1b]0;x\a.yaml: found `\\x1b\xff`\n");
    EXPECT_EQ(ended.error, "/etc/\\x1b]0;x\\x07.yaml: found `\\x1b\\xff`\n");
}

TEST(ReloadCommand, SaysThatTheDaemonEnded) {
    for (const char* answer : {"", "0", "0 2\nfirst\n"}) {
        const Ended ended = reload_answered_with(answer);
        EXPECT_EQ(ended.code, ExitCode::kUnavailable) << answer;
        EXPECT_EQ(ended.out, "");
        EXPECT_THAT(ended.error, HasSubstr("journalctl -u vfswatchd"));
    }
}

TEST(ReloadCommand, SaysHowToStartADaemon) {
    const ControlFolder folder;
    const Ended never = reload_at(folder.socket());
    EXPECT_EQ(never.code, ExitCode::kUnavailable);
    EXPECT_EQ(never.out, "");
    EXPECT_EQ(never.error, "vfswatchctl: " + folder.socket() +
                               ": No such file or directory; vfswatchd does not run there: "
                               "systemctl start vfswatchd\n");
}

// A socket file without anybody behind it.
TEST(ReloadCommand, SaysHowToStartADaemonThatWasKilled) {
    const ControlFolder folder;
    {
        const Answering daemon(folder, "0 0\n");
        EXPECT_EQ(reload_at(folder.socket()).code, ExitCode::kOk);
    }
    const Ended killed = reload_at(folder.socket());
    EXPECT_EQ(killed.code, ExitCode::kUnavailable);
    EXPECT_THAT(killed.error, HasSubstr("Connection refused; vfswatchd does not run there"));
}

/// The body's value as another user than root, for whom modes of files mean nothing.
int as_nobody(const std::function<int()>& body) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(::getuid() != 0 || ::setresuid(kNobody, kNobody, kNobody) == 0 ? body() : -1);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ReloadCommand, NamesSudoWhereItIsNotPermitted) {
    const ControlFolder folder;
    std::filesystem::create_directory(folder.directory());
    std::filesystem::permissions(folder.directory(), std::filesystem::perms::none);
    testing::internal::CaptureStderr();
    const int code = as_nobody([&] { return static_cast<int>(reload({folder.socket()})); });
    EXPECT_EQ(code, 77);
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("Permission denied; run it as root: sudo vfswatchctl reload\n"));
    std::filesystem::permissions(folder.directory(), std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace vfswatchd
