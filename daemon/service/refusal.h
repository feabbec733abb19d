// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "service/exit_code.h"

namespace vfswatchd {

/// Why the daemon cannot run.
struct Refusal {
    ExitCode code;
    std::string message;
};

template <typename T>
using OrRefusal = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(ExitCode code, std::string message) {
    return tl::unexpected<Refusal>({code, std::move(message)});
}

}  // namespace vfswatchd
