// SPDX-License-Identifier: Apache-2.0
#include "kernel/libbpf_log.h"

#include <bpf/libbpf.h>

#include <array>
#include <cstdarg>
#include <cstdio>

namespace vfswatchd {
namespace {

// A verifier log of a refused program reaches megabytes; the cause stands at its ends.
constexpr std::size_t kMaxTextBytes = std::size_t{256} * 1024;

std::string& captured() {
    static std::string text;
    return text;
}

int capture(libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN) return 0;
    std::array<char, 4096> line{};
    const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
    if (length > 0 && captured().size() < kMaxTextBytes) captured() += line.data();
    return length;
}

}  // namespace

LibbpfLog::LibbpfLog() {
    captured().clear();
    libbpf_set_print(capture);
}

LibbpfLog::~LibbpfLog() {
    libbpf_set_print(nullptr);
}

std::string LibbpfLog::first_warning() const {
    std::string line = captured().substr(0, captured().find('\n'));
    const std::string prefix = "libbpf: ";
    return line.starts_with(prefix) ? line.substr(prefix.size()) : line;
}

}  // namespace vfswatchd
