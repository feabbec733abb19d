// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "client.h"
#include "folder.h"
#include "http/server.h"
#include "sources.h"

namespace vfswatchd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class UnixSocket : public testing::Test {
  protected:
    [[nodiscard]] HttpAddress at(const std::string& name, std::uint32_t mode = 0660,
                                 std::optional<std::uint32_t> group = {}) const {
        return {folder_.path(name), 0, true, mode, group};
    }
    [[nodiscard]] struct ::stat status(const std::string& name) const {
        struct ::stat found {};
        EXPECT_EQ(::lstat(folder_.path(name).c_str(), &found), 0) << name;
        return found;
    }
    [[nodiscard]] bool exists(const std::string& name) const {
        struct ::stat found {};
        return ::lstat(folder_.path(name).c_str(), &found) == 0;
    }

    Folder folder_;
};

HttpServer serving_at(const HttpAddress& address, const std::string& text = "up 1\n") {
    auto server = HttpServer::start({address}, serving(text));
    if (!server) throw std::runtime_error(server.error().message());
    return std::move(*server);
}

std::string refusal(const HttpAddress& address) {
    const auto server = HttpServer::start({address}, serving(""));
    return server ? "" : server.error().message();
}

/// A socket that nobody closes properly: as a killed process leaves it.
void leave_behind(const HttpAddress& address) {
    auto listener = open_listener(address);
    ASSERT_TRUE(listener) << listener.error().message();
    const std::string aside = address.host + ".aside";
    ASSERT_EQ(::link(address.host.c_str(), aside.c_str()), 0);
    listener->socket.reset();
    listener->file = {};
    ASSERT_EQ(::rename(aside.c_str(), address.host.c_str()), 0);
}

TEST_F(UnixSocket, Serves) {
    const HttpServer server = serving_at(at("s"));
    EXPECT_EQ(to_text(server.addresses()[0]), "unix:" + folder_.path("s"));
    EXPECT_EQ(ask(server.addresses()[0], "GET", "/metrics").body, "up 1\n");
    EXPECT_EQ(ask(server.addresses()[0], "HEAD", "/metrics").status, 200);
}

TEST_F(UnixSocket, HasTheModeThatIsAskedFor) {
    const ::mode_t before = ::umask(0077);
    for (const std::uint32_t mode : {0660U, 0600U, 0666U, 0777U, 0U, 0200U}) {
        const HttpServer server = serving_at(at("s", mode));
        EXPECT_EQ(status("s").st_mode & 07777U, mode);
        EXPECT_TRUE(S_ISSOCK(status("s").st_mode));
    }
    ::umask(before);
}

TEST_F(UnixSocket, HasTheGroupThatIsAskedFor) {
    std::vector<::gid_t> groups(64);
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    // Whoever may give files to any group has one more.
    if (::geteuid() == 0) groups.push_back(4321);
    if (groups.empty()) GTEST_SKIP() << "this user is in one group only";
    for (const ::gid_t group : groups) {
        const HttpServer server = serving_at(at("s", 0640, group));
        EXPECT_EQ(status("s").st_gid, group);
        EXPECT_EQ(status("s").st_mode & 07777U, 0640U);
    }
    const HttpServer own = serving_at(at("s"));
    EXPECT_EQ(status("s").st_gid, ::getegid());
}

TEST_F(UnixSocket, IsRemovedAtTheStop) {
    HttpServer server = serving_at(at("s"));
    EXPECT_TRUE(exists("s"));
    server.stop();
    EXPECT_FALSE(exists("s"));
    serving_at(at("s"));
    EXPECT_FALSE(exists("s"));
}

TEST_F(UnixSocket, LeavesWhatHasTakenItsPlace) {
    HttpServer server = serving_at(at("s"));
    ::unlink(folder_.path("s").c_str());
    const HttpServer other = serving_at(at("s"), "other 1\n");
    server.stop();
    EXPECT_EQ(ask(at("s"), "GET", "/metrics").body, "other 1\n");
}

TEST_F(UnixSocket, TakesThePlaceOfOneThatWasLeftBehind) {
    leave_behind(at("s"));
    ASSERT_TRUE(exists("s"));
    const HttpServer server = serving_at(at("s"));
    EXPECT_EQ(ask(at("s"), "GET", "/metrics").body, "up 1\n");
}

TEST_F(UnixSocket, LeavesOneThatSomebodyListensOn) {
    const HttpServer first = serving_at(at("s"), "first 1\n");
    EXPECT_EQ(refusal(at("s")),
              "listen on unix:" + folder_.path("s") +
                  ": Address already in use: another process listens there, or it is no socket, "
                  "or one that was left behind and may not be opened: stop it, remove it, or "
                  "choose another path with listen.address");
    EXPECT_EQ(ask(at("s"), "GET", "/metrics").body, "first 1\n");
}

TEST_F(UnixSocket, LeavesFilesThatAreNoSockets) {
    folder_.write("file", "precious");
    EXPECT_THAT(refusal(at("file")), HasSubstr("or it is no socket"));
    ASSERT_EQ(::symlink(folder_.path("file").c_str(), folder_.path("link").c_str()), 0);
    EXPECT_THAT(refusal(at("link")), HasSubstr("or it is no socket"));
    std::string text;
    std::ifstream(folder_.path("file")) >> text;
    EXPECT_EQ(text, "precious");
    EXPECT_TRUE(exists("link"));
    // Where a symbolic link leads is not where it is.
    leave_behind(at("old"));
    ASSERT_EQ(::symlink(folder_.path("old").c_str(), folder_.path("to-old").c_str()), 0);
    EXPECT_THAT(refusal(at("to-old")), HasSubstr("Address already in use"));
    EXPECT_TRUE(exists("old"));
}

TEST_F(UnixSocket, SaysWhatIsWrongWithItsPlace) {
    EXPECT_THAT(refusal(at("no-such-directory/s")),
                AllOf(HasSubstr("No such file or directory"),
                      HasSubstr("its directory is missing: create it, or name one that exists")));
    folder_.write("file", "");
    EXPECT_THAT(refusal(at("file/s")), StartsWith("listen on unix:"));
    EXPECT_FALSE(exists("s"));
}

TEST_F(UnixSocket, IsNotLeftWhereTheGroupCannotBeHad) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may give files to any group";
    EXPECT_THAT(refusal(at("s", 0660, 0)), HasSubstr("must be in the group"));
    EXPECT_FALSE(exists("s"));
}

TEST_F(UnixSocket, MayHaveTheLongestPathThereIs) {
    const std::string name(107 - folder_.path("").size(), 'x');
    ASSERT_EQ(folder_.path(name).size(), 107U);
    const HttpServer server = serving_at(at(name));
    EXPECT_EQ(ask(at(name), "GET", "/metrics").body, "up 1\n");
    EXPECT_TRUE(exists(name));
}

}  // namespace
}  // namespace vfswatchd
