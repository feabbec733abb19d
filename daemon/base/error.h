// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <system_error>
#include <utility>

namespace vfswatchd {

/// A failure as a value: what the system said, and what we were doing, outermost step first.
struct Error {
    std::error_code code;
    std::string context;

    /// Puts the caller's step in front: `load probes: vfs_read: Permission denied`.
    [[nodiscard]] Error within(const std::string& step) const {
        return {code, context.empty() ? step : step + ": " + context};
    }

    [[nodiscard]] std::string message() const {
        if (!code) return context;
        return context.empty() ? code.message() : context + ": " + code.message();
    }
};

/// From errno as a system call left it (positive).
inline Error errno_error(int number, std::string context) {
    return {std::error_code(number, std::generic_category()), std::move(context)};
}

/// From libbpf's, sd-*'s and the kernel's convention of a negative errno as the result.
inline Error negative_errno_error(long result, std::string context) {
    return errno_error(static_cast<int>(-result), std::move(context));
}

/// A failure that no errno describes; the context is the whole message.
inline Error plain_error(std::string context) {
    return {std::error_code(), std::move(context)};
}

}  // namespace vfswatchd
