// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace vfswatchd {

/// `given`: what systemd says in $RUNTIME_DIRECTORY or $STATE_DIRECTORY, where it says something.
/// Source: systemd.exec(5); several are separated by colons, the first is ours.
[[nodiscard]] inline std::string first_directory(const char* given, const std::string& otherwise) {
    const std::string directories = given == nullptr ? "" : given;
    const std::string first = directories.substr(0, directories.find(':'));
    return first.empty() ? otherwise : first;
}

}  // namespace vfswatchd
