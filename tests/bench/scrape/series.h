// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vfswatchd::bench {

/// The files that both servers serve: each has one series of bytes and one of calls.
/// Paths are about 60 bytes, as those of a database or of a package's files are.
inline std::string path_of(std::size_t file) {
    std::string number = std::to_string(file);
    number.insert(0, 8 - number.size(), '0');
    return "/var/lib/postgresql/15/main/base/" + std::to_string(16384 + file % 97) + "/relation-" +
           number + ".segment";
}

inline constexpr char kTarget[] = "postgres";
inline constexpr char kComm[] = "checkpointer";

/// A file's counts at the n-th scrape. All of them grow before each scrape: the dearest case.
inline std::uint64_t bytes_of(std::size_t file, std::uint64_t scrape) {
    return (file * 7919 + 1) * 4096 + scrape * (8192 + file % 8192);
}
inline std::uint64_t calls_of(std::size_t file, std::uint64_t scrape) {
    return file * 13 + 1 + scrape * 2;
}

}  // namespace vfswatchd::bench
