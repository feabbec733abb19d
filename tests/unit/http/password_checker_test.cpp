// SPDX-License-Identifier: Apache-2.0
#include "http/password_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/basic_auth.h"
#include "web_access_setup.h"

namespace vfswatchd {
namespace {

using Verdict = PasswordChecker::Verdict;

const PasswordHashes& hashes() {
    static const PasswordHashes kHashes = {{"a", bcrypt_of("right")}, {"empty", bcrypt_of("")}};
    return kHashes;
}

/// Slow enough that others pile up behind it.
const PasswordHashes& slow_hashes() {
    static const PasswordHashes kHashes = {{"a", bcrypt_of("right", 9)}};
    return kHashes;
}

Verdict verdict(PasswordChecker& checker, const PasswordHashes& known,
                const BasicCredentials& credentials) {
    std::promise<Verdict> promise;
    checker.try_out(known, credentials, [&promise](Verdict answer) { promise.set_value(answer); });
    return promise.get_future().get();
}

TEST(PasswordChecker, TellsRightFromWrong) {
    PasswordChecker checker;
    EXPECT_EQ(verdict(checker, hashes(), {"a", "right"}), Verdict::kGranted);
    EXPECT_EQ(verdict(checker, hashes(), {"empty", ""}), Verdict::kGranted);
    for (const BasicCredentials& wrong : {BasicCredentials{"a", "wrong"},
                                          {"a", ""},
                                          {"b", "right"},
                                          {"empty", "right"},
                                          {"a", std::string("right\0", 6)},
                                          {"a", std::string(1000, 'x')},
                                          {"", ""}})
        EXPECT_EQ(verdict(checker, hashes(), wrong), Verdict::kDenied)
            << wrong.user << ":" << wrong.password;
}

TEST(PasswordChecker, ChecksWhatEveryToolMakes) {
    PasswordChecker checker;
    std::string hash = bcrypt_of("right");
    for (const char letter : {'a', 'b', 'y'}) {
        hash[2] = letter;
        EXPECT_EQ(verdict(checker, {{"u", hash}}, {"u", "right"}), Verdict::kGranted) << hash;
    }
    // htpasswd -nbB user secret
    EXPECT_EQ(
        verdict(checker, {{"u", "$2y$05$7fOMwFeS1GHyVOJUl9nUSeVmPyGpfJZEH2MwvuRt6L2MSCyfz1SZq"}},
                {"u", "another"}),
        Verdict::kDenied);
}

TEST(PasswordChecker, RemembersWhatCameOut) {
    PasswordChecker checker;
    EXPECT_EQ(checker.known(hashes(), {"a", "right"}), std::nullopt);
    static_cast<void>(verdict(checker, hashes(), {"a", "right"}));
    static_cast<void>(verdict(checker, hashes(), {"a", "wrong"}));
    EXPECT_EQ(checker.known(hashes(), {"a", "right"}), Verdict::kGranted);
    EXPECT_EQ(checker.known(hashes(), {"a", "wrong"}), Verdict::kDenied);
    EXPECT_EQ(checker.known(hashes(), {"a", "other"}), std::nullopt);
    // Of another password, another user and another hash it knows nothing.
    EXPECT_EQ(checker.known({{"a", bcrypt_of("right")}}, {"a", "right"}), std::nullopt);
    EXPECT_EQ(checker.known({{"b", hashes().at("a")}}, {"b", "right"}), std::nullopt);
    EXPECT_EQ(checker.known({}, {"a", "right"}), std::nullopt);
    // Neither can a user's name be made to read as a name and a hash.
    const std::string joined = std::string("a") + '\0' + hashes().at("a");
    EXPECT_EQ(checker.known(hashes(), {joined, "right"}), std::nullopt);
}

TEST(PasswordChecker, ForgetsWrongOnesBeforeTheyFillTheMemory) {
    PasswordChecker checker;
    // No bcrypt at all, which takes no time to fail.
    const PasswordHashes known = {{"a", bcrypt_of("right")}, {"b", "*"}};
    static_cast<void>(verdict(checker, known, {"a", "right"}));
    for (int i = 0; i < 1100; ++i)
        ASSERT_EQ(verdict(checker, known, {"b", std::to_string(i)}), Verdict::kDenied);
    EXPECT_EQ(checker.known(known, {"b", "0"}), std::nullopt);
    EXPECT_EQ(checker.known(known, {"b", "1099"}), Verdict::kDenied);
    EXPECT_EQ(checker.known(known, {"a", "right"}), Verdict::kGranted);
}

/// Users of one password, by their numbers.
PasswordHashes many_users(int count) {
    PasswordHashes users;
    for (int i = 0; i < count; ++i)
        users["user" + std::to_string(i)] = slow_hashes().at("a");
    return users;
}

TEST(PasswordChecker, LetsSoManyOfAUserWaitAndNoMore) {
    PasswordChecker checker;
    std::atomic<int> busy = 0;
    const auto count = [&busy](Verdict answer) { busy += answer == Verdict::kBusy ? 1 : 0; };
    constexpr int kMany = 50;
    const PasswordHashes users = many_users(2);
    for (int i = 0; i < kMany; ++i)
        checker.try_out(users, {"user0", std::to_string(i)}, count);
    const int of_user = kMany - static_cast<int>(PasswordChecker::kMostOfUser);
    EXPECT_GE(busy, of_user - 4);
    EXPECT_LE(busy, of_user);
    // Nor do all those that do not exist leave others without a place.
    for (int i = 0; i < kMany; ++i)
        checker.try_out(users, {"nobody" + std::to_string(i), "x"}, count);
    EXPECT_EQ(verdict(checker, users, {"user1", "right"}), Verdict::kGranted);
}

TEST(PasswordChecker, LetsSoManyWaitAndNoMore) {
    PasswordChecker checker;
    std::mutex mutex;
    std::vector<Verdict> verdicts;
    std::atomic<int> at_once = 0;
    const auto here = std::this_thread::get_id();
    constexpr int kMany = 100;
    const PasswordHashes users = many_users(kMany);
    for (int i = 0; i < kMany; ++i) {
        checker.try_out(users, {"user" + std::to_string(i), "wrong"}, [&](Verdict answer) {
            const std::lock_guard lock(mutex);
            verdicts.push_back(answer);
            // Who has to come again is told at once.
            EXPECT_EQ(answer == Verdict::kBusy, std::this_thread::get_id() == here);
            at_once += answer == Verdict::kBusy ? 1 : 0;
        });
    }
    // One may have been taken off the queue meanwhile, and hardly a second.
    EXPECT_GE(at_once, kMany - 4 - static_cast<int>(PasswordChecker::kMostWaiting));
    EXPECT_LE(at_once, kMany - static_cast<int>(PasswordChecker::kMostWaiting));
    checker.stop();
    const std::lock_guard lock(mutex);
    EXPECT_EQ(verdicts.size(), std::size_t{kMany});
}

TEST(PasswordChecker, IsBusyOnceItHasStopped) {
    PasswordChecker checker;
    static_cast<void>(verdict(checker, hashes(), {"a", "right"}));
    checker.stop();
    checker.stop();
    EXPECT_EQ(verdict(checker, hashes(), {"a", "wrong"}), Verdict::kBusy);
    EXPECT_EQ(checker.known(hashes(), {"a", "right"}), Verdict::kGranted);
}

TEST(PasswordChecker, MayBeAskedOnManyThreads) {
    PasswordChecker checker;
    std::atomic<int> answers = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            for (int i = 0; i < 50; ++i) {
                const std::string password = i % 2 == 0 ? "right" : std::to_string(i + thread);
                if (checker.known(hashes(), {"a", password}))
                    ++answers;
                else
                    checker.try_out(hashes(), {"a", password}, [&](Verdict) { ++answers; });
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    checker.stop();
    EXPECT_EQ(answers, 200);
}

TEST(BasicAuth, ReadsWhatItIsMadeFor) {
    const auto read = parse_basic_auth("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    ASSERT_TRUE(read);  // the example of RFC 7617
    EXPECT_EQ(read->user, "Aladdin");
    EXPECT_EQ(read->password, "open sesame");
    EXPECT_EQ(parse_basic_auth("basic  Og==")->user, "");
    EXPECT_EQ(parse_basic_auth("basic  Og==")->password, "");
    EXPECT_TRUE(parse_basic_auth("Basic Og== \t"));
}

TEST(BasicAuth, ReadsNothingElse) {
    for (const char* text : {"",
                             "B",
                             "Basic",
                             "Basic ",
                             "Basic  ",
                             "Basic Og=",
                             "Basic Og",
                             "Basic Og===",
                             "Basic Og==\n",
                             "Basic\tOg==",
                             "Basic O g==",
                             "Basic Og==Og==",
                             "Basic =Og=",
                             "Basic QQ==",
                             "Basic :",
                             "BasicOg==",
                             "Digest Og==",
                             " Basic Og==",
                             "Basic -_-_",
                             "Basic \xc3\xa9Og="})
        EXPECT_FALSE(parse_basic_auth(text)) << text;
}

}  // namespace
}  // namespace vfswatchd
