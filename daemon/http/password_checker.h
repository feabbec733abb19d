// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>

#include "http/basic_auth.h"

namespace vfswatchd {

/// Users' names with the bcrypt of their passwords.
using PasswordHashes = std::map<std::string, std::string>;

/// Checks passwords. A bcrypt takes as long as many scrapes, so what came out is remembered, and
/// what is new is tried on one thread of its own, behind at most kMostWaiting others, of which
/// kMostOfUser are of one user, or of those that do not exist; behind each wrong one it rests for
/// as long as that took. So however many wrong passwords come, they take half a processor, and who
/// was served once is served on.
/// Thread: known() and try_out() any; the destructor when nobody calls any more.
class PasswordChecker {
  public:
    enum class Verdict {
        kGranted,
        kDenied,
        kBusy,  ///< too many wait
    };
    using Answer = std::function<void(Verdict)>;

    static constexpr std::size_t kMostWaiting = 16;
    static constexpr std::size_t kMostOfUser = 4;

    PasswordChecker();
    PasswordChecker(const PasswordChecker&) = delete;
    PasswordChecker& operator=(const PasswordChecker&) = delete;
    ~PasswordChecker();

    /// What came out before; absent: it has to be tried.
    [[nodiscard]] std::optional<Verdict> known(const PasswordHashes& hashes,
                                               const BasicCredentials& credentials) const;

    /// Calls `answer` once: on this thread where too many wait, else on the checker's.
    void try_out(const PasswordHashes& hashes, const BasicCredentials& credentials,
                 const Answer& answer) noexcept;

    /// Answers all that wait with kBusy, as it does whatever comes later, and ends the thread.
    /// Thread: one.
    void stop();

  private:
    /// Of a user, the bcrypt and the password, by a key that nobody knows: what is remembered
    /// tells nothing of passwords, and how long a look-up takes tells nothing of it.
    using Digest = std::string;
    struct Trial {
        std::string user;  ///< empty: one that does not exist
        std::string password;
        std::string hash;
        bool user_exists = false;
        Digest digest;
        Answer answer;
    };

    [[nodiscard]] Digest digest_of(const PasswordHashes& hashes,
                                   const BasicCredentials& credentials) const;
    [[nodiscard]] Trial trial_of(const PasswordHashes& hashes, const BasicCredentials& credentials,
                                 const Answer& answer) const;
    [[nodiscard]] bool wait(Trial trial);
    void run();
    [[nodiscard]] Verdict judge(const Trial& trial);
    [[nodiscard]] std::optional<Trial> next_trial();
    void remember(const Digest& digest, bool granted);
    void rest(std::chrono::steady_clock::duration time);

    std::array<unsigned char, 32> key_{};
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;
    std::deque<Trial> waiting_;
    std::unordered_set<Digest> granted_;
    std::unordered_set<Digest> denied_;
    std::thread thread_;  ///< begins with the first trial
};

}  // namespace vfswatchd
