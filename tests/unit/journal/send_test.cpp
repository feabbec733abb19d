// SPDX-License-Identifier: Apache-2.0
// Against a socket where journald's is: in a child that has a /run of its own.
#include "journal/send.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "journal/writer.h"

namespace vfswatchd {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;

constexpr const char* kSocket = "/run/systemd/journal/socket";
constexpr int kSkipped = 77;

/// Without root: in a user namespace in which we are who we are, so that we may mount.
bool become_mounter() {
    const std::string uid = std::to_string(::getuid());
    const std::string gid = std::to_string(::getgid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << uid << " " << uid << " 1";
    std::ofstream("/proc/self/gid_map") << gid << " " << gid << " 1";
    return true;
}

bool enter_run_of_our_own() {
    if (::unshare(CLONE_NEWNS) != 0 && !become_mounter()) return false;
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", "/run", "tmpfs", 0, nullptr) == 0 &&
           std::filesystem::create_directories("/run/systemd/journal");
}

int child_status(const std::function<void()>& body) {
    if (!enter_run_of_our_own()) return kSkipped;
    body();
    std::fflush(stdout);
    return testing::Test::HasFailure() ? 1 : 0;
}

/// Runs the body where /run/systemd/journal is empty and nobody else's.
void with_empty_run(const std::function<void()>& body) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(child_status(body));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kSkipped)
        GTEST_SKIP() << "SKIP may not mount on /run, not even in a user namespace";
    EXPECT_EQ(status, 0);
}

sockaddr_un address_of_journald() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, kSocket);
    return address;
}

/// Listens where journald does, and reads only when asked to.
class Journald {
  public:
    Journald() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const sockaddr_un address = address_of_journald();
        EXPECT_EQ(
            ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }

    /// The next entry; empty: there is none.
    std::string receive() {
        std::array<char, 4096> buffer{};
        const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        return got < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
    }

    /// Until the next sender must wait.
    static void fill() {
        const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const sockaddr_un address = address_of_journald();
        while (::sendto(sender.get(), "x", 1, MSG_DONTWAIT,
                        reinterpret_cast<const sockaddr*>(&address), sizeof address) == 1) {
        }
        EXPECT_EQ(errno, EAGAIN);
    }

  private:
    UniqueFd socket_;
};

TEST(SendToJournal, HandsFieldsOverAsTheyAre) {
    with_empty_run([] {
        Journald journald;
        EXPECT_TRUE(send_to_journal({"MESSAGE=a = b", "PRIORITY=6", "SYSLOG_IDENTIFIER=me"}));
        EXPECT_EQ(journald.receive(), "MESSAGE=a = b\nPRIORITY=6\nSYSLOG_IDENTIFIER=me\n");
        EXPECT_EQ(journald.receive(), "");
    });
}

TEST(SendToJournal, HandsBinaryOver) {
    with_empty_run([] {
        Journald journald;
        EXPECT_TRUE(send_to_journal({"MESSAGE=a\n\0b"s, "SYSLOG_IDENTIFIER=me"}));
        // Source: systemd's JOURNAL_NATIVE_PROTOCOL: the length in 64 bits, little endian.
        EXPECT_EQ(journald.receive(), "MESSAGE\n\4\0\0\0\0\0\0\0a\n\0b\nSYSLOG_IDENTIFIER=me\n"s);
    });
}

TEST(SendToJournal, IsAnErrorWithoutTheSocket) {
    with_empty_run([] { EXPECT_FALSE(send_to_journal({"MESSAGE=a"})); });
}

TEST(SendToJournal, IsAnErrorWhereNobodyListens) {
    with_empty_run([] {
        { const Journald gone; }
        EXPECT_FALSE(send_to_journal({"MESSAGE=a"}));
        ASSERT_EQ(::unlink(kSocket), 0);
        const Journald back;
        EXPECT_TRUE(send_to_journal({"MESSAGE=a"}));
    });
}

TEST(SendToJournal, IsAnErrorForFieldsThatAreNone) {
    with_empty_run([] {
        Journald journald;
        EXPECT_FALSE(send_to_journal({"MESSAGE"}));
        EXPECT_EQ(journald.receive(), "");
    });
}

/// Sends from a thread that waits for room by now.
class WaitingSender {
  public:
    WaitingSender() : thread_([this] { run(); }) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!is_in_sendmsg()) {
            if (std::chrono::steady_clock::now() > deadline) {
                ADD_FAILURE() << "the sender does not wait";
                return;
            }
            std::this_thread::sleep_for(1ms);
        }
    }

    bool result() {
        thread_.join();
        return sent_;
    }

  private:
    void run() {
        tid_ = ::gettid();
        sent_ = send_to_journal({"MESSAGE=a"});
    }

    [[nodiscard]] bool is_in_sendmsg() const {
        int number = -1;
        std::ifstream("/proc/self/task/" + std::to_string(tid_) + "/syscall") >> number;
        return number == SYS_sendmsg;
    }

    std::atomic<pid_t> tid_ = 0;
    bool sent_ = false;
    std::thread thread_;
};

TEST(SendToJournal, WaitsForRoom) {
    with_empty_run([] {
        Journald journald;
        Journald::fill();
        WaitingSender sender;
        while (!journald.receive().empty()) {
        }
        EXPECT_TRUE(sender.result());
    });
}

TEST(SendToJournal, IsAnErrorWhereTheSocketGoesMeanwhile) {
    with_empty_run([] {
        Journald journald;
        Journald::fill();
        WaitingSender sender;
        ASSERT_EQ(::unlink(kSocket), 0);
        while (!journald.receive().empty()) {
        }
        EXPECT_FALSE(sender.result());
    });
}

TEST(SendToJournal, IsAnErrorWhereAnotherSocketComesMeanwhile) {
    with_empty_run([] {
        Journald journald;
        Journald::fill();
        WaitingSender sender;
        ASSERT_EQ(::unlink(kSocket), 0);
        const Journald another;
        while (!journald.receive().empty()) {
        }
        EXPECT_FALSE(sender.result());
    });
}

TEST(SendToJournal, IsWhatAWriterDoes) {
    with_empty_run([] {
        const auto sent = std::make_shared<JournalTally>();
        JournalWriter writer;
        EXPECT_TRUE(writer.push({sent, [] { return std::vector<std::string>{"MESSAGE=a"}; }}));
        while (sent->errors != 1)
            std::this_thread::sleep_for(1ms);
        Journald journald;
        EXPECT_TRUE(writer.push({sent, [] { return std::vector<std::string>{"MESSAGE=b"}; }}));
        while (sent->written != 1)
            std::this_thread::sleep_for(1ms);
        EXPECT_THAT(journald.receive(), HasSubstr("MESSAGE=b\n"));
    });
}

}  // namespace
}  // namespace vfswatchd
