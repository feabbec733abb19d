// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vfswatchd {

/// What bash sources to complete the arguments of `vfswatchd` or `vfswatchctl`; nullopt: another
/// program.
[[nodiscard]] std::optional<std::string> bash_completion(std::string_view program);

/// The same for zsh, as a function in its $fpath.
[[nodiscard]] std::optional<std::string> zsh_completion(std::string_view program);

}  // namespace vfswatchd
