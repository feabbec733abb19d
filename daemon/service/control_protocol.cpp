// SPDX-License-Identifier: Apache-2.0
#include "service/control_protocol.h"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace vfswatchd {
namespace {

/// Left for the first line, and for the end of a line that was cut.
constexpr std::size_t kMaxTextBytes = kMaxAnswerBytes - 64;

constexpr int kMaxExitCode = 255;

/// Takes a number and the character behind it off `text`.
std::optional<int> take_number(std::string_view& text, char behind) {
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || number < 0 || stop == end || *stop != behind) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
    return number;
}

}  // namespace

Result<sockaddr_un> control_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        return fail(plain_error(path + " is too long for a socket"));
    path.copy(address.sun_path, path.size());
    return address;
}

std::string answer_text(const ReloadOutcome& outcome) {
    std::string text;
    for (const std::string& line : outcome.lines)
        text += line + "\n";
    if (text.size() > kMaxTextBytes) {
        text.resize(kMaxTextBytes);
        text += "\n";
    }
    return std::to_string(static_cast<int>(outcome.code)) + " " +
           std::to_string(std::count(text.begin(), text.end(), '\n')) + "\n" + text;
}

Result<ReloadOutcome> parse_answer(std::string_view text) {
    const auto malformed = [] { return fail(plain_error("the answer is malformed")); };
    if (text.find('\n') == text.npos) return fail(plain_error("the answer is not whole"));
    const auto code = take_number(text, ' ');
    if (!code || *code > kMaxExitCode) return malformed();
    const auto count = take_number(text, '\n');
    if (!count) return malformed();
    ReloadOutcome outcome{static_cast<ExitCode>(*code), {}};
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
        outcome.lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    const auto wanted = static_cast<std::size_t>(*count);
    if (outcome.lines.size() < wanted) return fail(plain_error("the answer is not whole"));
    if (outcome.lines.size() > wanted || !text.empty()) return malformed();
    return outcome;
}

}  // namespace vfswatchd
