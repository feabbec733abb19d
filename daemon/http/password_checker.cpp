// SPDX-License-Identifier: Apache-2.0
#include "http/password_checker.h"

#include <crypt.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/blocked_signals.h"

namespace vfswatchd {
namespace {

/// Beyond it all is forgotten, and tried once more.
constexpr std::size_t kMostRemembered = 1024;
constexpr std::size_t kDigestBytes = 32;

/// $2y$10$...: two digits of the number of rounds, of which each step doubles the time.
std::string_view cost_of(std::string_view hash) {
    constexpr std::size_t kCostAt = 4;
    constexpr std::size_t kDigits = 2;
    return hash.substr(std::min(kCostAt, hash.size()), kDigits);
}

bool matches(const std::string& password, const std::string& hash) {
    // crypt() would take it for the part before the NUL.
    if (password.find('\0') != std::string::npos) return false;
    const auto data = std::make_unique<crypt_data>();
    const char* made = ::crypt_r(password.c_str(), hash.c_str(), data.get());
    return made != nullptr && std::strlen(made) == hash.size() &&
           gnutls_memcmp(made, hash.data(), hash.size()) == 0;
}

}  // namespace

PasswordChecker::PasswordChecker() {
    const int code = gnutls_rnd(GNUTLS_RND_KEY, key_.data(), key_.size());
    if (code != GNUTLS_E_SUCCESS)
        throw std::runtime_error(std::string("random numbers: ") + gnutls_strerror(code));
}

PasswordChecker::~PasswordChecker() {
    stop();
}

PasswordChecker::Digest PasswordChecker::digest_of(const PasswordHashes& hashes,
                                                   const BasicCredentials& credentials) const {
    const auto user = hashes.find(credentials.user);
    // A name holds no NUL where it is found, nor does a bcrypt.
    std::string text = credentials.user;
    text += '\0';
    if (user != hashes.end()) text += user->second;
    text += '\0';
    text += credentials.password;
    Digest digest(kDigestBytes, '\0');
    const int code = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key_.data(), key_.size(), text.data(),
                                      text.size(), digest.data());
    if (code != GNUTLS_E_SUCCESS)
        throw std::runtime_error(std::string("SHA-256: ") + gnutls_strerror(code));
    return digest;
}

std::optional<PasswordChecker::Verdict> PasswordChecker::known(
    const PasswordHashes& hashes, const BasicCredentials& credentials) const {
    const Digest digest = digest_of(hashes, credentials);
    const std::lock_guard lock(mutex_);
    if (granted_.contains(digest)) return Verdict::kGranted;
    if (denied_.contains(digest)) return Verdict::kDenied;
    return std::nullopt;
}

void PasswordChecker::try_out(const PasswordHashes& hashes, const BasicCredentials& credentials,
                              const Answer& answer) noexcept {
    try {
        if (wait(trial_of(hashes, credentials, answer))) return;
    } catch (const std::exception&) {
        // No memory, or no thread: as if too many waited.
    }
    answer(Verdict::kBusy);
}

PasswordChecker::Trial PasswordChecker::trial_of(const PasswordHashes& hashes,
                                                 const BasicCredentials& credentials,
                                                 const Answer& answer) const {
    const auto user = hashes.find(credentials.user);
    const bool exists = user != hashes.end();
    // A user that does not exist takes as long as the one that takes longest.
    const auto& dearest = *std::max_element(
        hashes.begin(), hashes.end(),
        [](const auto& a, const auto& b) { return cost_of(a.second) < cost_of(b.second); });
    return {exists ? credentials.user : "",         credentials.password,
            exists ? user->second : dearest.second, exists,
            digest_of(hashes, credentials),         answer};
}

/// False: too many wait.
bool PasswordChecker::wait(Trial trial) {
    const std::lock_guard lock(mutex_);
    const auto of_user = std::count_if(waiting_.begin(), waiting_.end(), [&](const Trial& other) {
        return other.user == trial.user;
    });
    if (stopped_ || waiting_.size() >= kMostWaiting ||
        static_cast<std::size_t>(of_user) >= kMostOfUser)
        return false;
    if (!thread_.joinable()) {
        const BlockedSignals no_signals;
        thread_ = std::thread([this] { run(); });
    }
    waiting_.push_back(std::move(trial));
    changed_.notify_one();
    return true;
}

void PasswordChecker::stop() {
    std::deque<Trial> left;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        left.swap(waiting_);
        changed_.notify_all();
    }
    for (const Trial& trial : left)
        trial.answer(Verdict::kBusy);
    if (thread_.joinable()) thread_.join();
}

void PasswordChecker::run() {
    while (const std::optional<Trial> trial = next_trial()) {
        const auto begin = std::chrono::steady_clock::now();
        const Verdict verdict = judge(*trial);
        trial->answer(verdict);
        if (verdict != Verdict::kGranted) rest(std::chrono::steady_clock::now() - begin);
    }
}

PasswordChecker::Verdict PasswordChecker::judge(const Trial& trial) {
    try {
        const bool granted = matches(trial.password, trial.hash) && trial.user_exists;
        remember(trial.digest, granted);
        return granted ? Verdict::kGranted : Verdict::kDenied;
    } catch (const std::exception&) {
        return Verdict::kBusy;
    }
}

std::optional<PasswordChecker::Trial> PasswordChecker::next_trial() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return std::nullopt;
    std::optional<Trial> trial(std::move(waiting_.front()));
    waiting_.pop_front();
    return trial;
}

void PasswordChecker::remember(const Digest& digest, bool granted) {
    const std::lock_guard lock(mutex_);
    auto& digests = granted ? granted_ : denied_;
    if (digests.size() >= kMostRemembered) digests.clear();
    digests.insert(digest);
}

void PasswordChecker::rest(std::chrono::steady_clock::duration time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return stopped_; });
}

}  // namespace vfswatchd
