// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "http/password_checker.h"
#include "http/tls.h"
#include "model/web_config.h"

namespace vfswatchd {

/// Who may ask, over what, as one state of the web configuration has it; never changes.
struct Access {
    std::shared_ptr<const TlsContext> tls;  ///< nullptr: plain HTTP
    PasswordHashes users;                   ///< empty: everybody
    std::vector<WebHeader> headers;         ///< of every reply, instead of its own of that name
};

/// The access of now. Thread: any.
class CurrentAccess {
  public:
    /// Never nullptr.
    explicit CurrentAccess(std::shared_ptr<const Access> access) : access_(std::move(access)) {}

    [[nodiscard]] std::shared_ptr<const Access> get() const {
        const std::lock_guard lock(mutex_);
        return access_;
    }
    void set(std::shared_ptr<const Access> access) {
        const std::lock_guard lock(mutex_);
        access_.swap(access);
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Access> access_;
};

}  // namespace vfswatchd
