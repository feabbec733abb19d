// SPDX-License-Identifier: Apache-2.0
#include "service/listening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "config/parse.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kTargets = "targets: [{name: a}]\n";

Config config_with(const std::string& listen) {
    return *parse_config({"f.yaml", listen + kTargets});
}

std::vector<PassedFd> sockets(int count, std::vector<std::string>& addresses) {
    std::vector<PassedFd> passed;
    for (int i = 0; i < count; i++) {
        auto listener = open_listener({"127.0.0.1", 0});
        addresses.push_back(to_text(listener->address));
        passed.push_back({"vfswatchd.socket", std::move(listener->socket)});
    }
    return passed;
}

std::vector<std::string> texts(const Listening& listening) {
    std::vector<std::string> addresses;
    for (const Listener& listener : listening.listeners)
        addresses.push_back(to_text(listener.address));
    return addresses;
}

TEST(Listening, IsOnThePassedSocketsWhereNothingIsNamed) {
    std::vector<std::string> passed;
    const auto listening = open_listeners(config_with(""), sockets(2, passed));
    ASSERT_TRUE(listening) << listening.error().message();
    EXPECT_EQ(texts(*listening), passed);
    EXPECT_THAT(listening->warnings, IsEmpty());
}

TEST(Listening, HasThePassedSocketsWhereTheirEntryStands) {
    std::vector<std::string> passed;
    const Config config = config_with(
        "listen: [{address: '127.0.0.2:0'}, {address: systemd}, {address: '127.0.0.3:0'}]\n");
    const auto listening = open_listeners(config, sockets(2, passed));
    ASSERT_TRUE(listening) << listening.error().message();
    EXPECT_THAT(texts(*listening), ElementsAre(HasSubstr("127.0.0.2:"), passed.at(0), passed.at(1),
                                               HasSubstr("127.0.0.3:")));
    EXPECT_THAT(listening->warnings, IsEmpty());
}

TEST(Listening, NamesThePassedSocketThatNobodyServes) {
    std::vector<std::string> passed;
    const auto listening =
        open_listeners(config_with("listen: [{address: '127.0.0.2:0'}]\n"), sockets(1, passed));
    ASSERT_TRUE(listening) << listening.error().message();
    EXPECT_THAT(texts(*listening), ElementsAre(HasSubstr("127.0.0.2:")));
    EXPECT_THAT(listening->warnings, ElementsAre(HasSubstr("`vfswatchd.socket`")));
}

TEST(Listening, IsByAddressWhereNothingWasPassed) {
    const auto listening = open_listeners(config_with("listen: [{address: '127.0.0.2:0'}]\n"), {});
    ASSERT_TRUE(listening) << listening.error().message();
    EXPECT_EQ(listening->listeners.size(), 1U);
}

TEST(Listening, SaysWhereASocketIsAskedForThatWasNotPassed) {
    const auto listening = open_listeners(config_with("listen:\n  - address: systemd\n"), {});
    ASSERT_FALSE(listening);
    EXPECT_THAT(listening.error().message(),
                testing::AllOf(testing::StartsWith("f.yaml:2:14: found `systemd`"),
                               HasSubstr("systemctl start vfswatchd.socket")));
}

TEST(Listening, NamesThePassedDescriptorThatIsOfNoUse) {
    std::vector<PassedFd> passed;
    passed.push_back({"other.socket", UniqueFd(::socket(AF_UNIX, SOCK_DGRAM, 0))});
    const auto listening = open_listeners(config_with(""), std::move(passed));
    ASSERT_FALSE(listening);
    EXPECT_THAT(listening.error().message(), HasSubstr("`other.socket`"));
}

}  // namespace
}  // namespace vfswatchd
