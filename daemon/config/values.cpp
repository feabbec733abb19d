// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "base/hex.h"
#include "config/keys.h"
#include "config/text.h"

namespace vfswatchd {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view leading_digits(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// What follows the digits, for the remedy.
std::string count_remedy(std::string_view text) {
    const std::string_view digits = leading_digits(text);
    const std::string_view unit = text.substr(digits.size());
    if (digits.empty() || unit.empty()) return {};
    if (unit == "KB" || unit == "MB" || unit == "GB" || unit == "kB") {
        return "; `" + std::string(unit) +
               "` is ambiguous (1000 or 1024?) and a count has no unit: write the number out";
    }
    return "; a count has no unit and no separators: write the number out";
}

constexpr std::array<std::pair<char, std::int64_t>, 3> kUnits = {
    {{'h', 3600}, {'m', 60}, {'s', 1}}};

/// Seconds, or -1 where the text is no duration. Long before 10 digits a duration is out of range.
std::int64_t seconds_of(std::string_view text) {
    constexpr std::size_t kMaxDigits = 9;
    std::int64_t seconds = 0;
    const auto* unit = kUnits.begin();
    while (!text.empty()) {
        const std::string_view digits = leading_digits(text);
        if (digits.empty() || digits.size() > kMaxDigits || digits.size() == text.size()) return -1;
        const char letter = text[digits.size()];
        unit = std::find_if(unit, kUnits.end(), [&](const auto& u) { return u.first == letter; });
        if (unit == kUnits.end()) return -1;
        std::int64_t number = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
        seconds += number * unit->second;
        ++unit;
        text.remove_prefix(digits.size() + 1);
    }
    return seconds;
}

/// The host's canonical spelling; empty: no IP address.
std::string canonical_ip(const std::string& host, int family) {
    std::array<unsigned char, sizeof(in6_addr)> binary{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_pton(family, host.c_str(), binary.data()) != 1) return {};
    if (inet_ntop(family, binary.data(), text.data(), text.size()) == nullptr) return {};
    return text.data();
}

constexpr std::string_view kAddressShape =
    "host:port or [v6]:port, such as \"127.0.0.1:9974\" or \"[::1]:9974\", unix:/path, or systemd";

/// What people write instead, with its remedy; empty: nothing known.
std::string address_remedy(std::string_view text) {
    if (text.find("://") != std::string_view::npos) return "; leave the scheme and the path away";
    if (all_digits(text)) return "; write the host in front of the port";
    if (std::count(text.begin(), text.end(), ':') > 1 && text[0] != '[') {
        return "; write an IPv6 address in brackets";
    }
    if (text.substr(0, 1) == ":" || text.substr(0, 2) == "*:") {
        return "; for all addresses write \"0.0.0.0:PORT\" or \"[::]:PORT\"";
    }
    return {};
}

constexpr std::string_view kUnixScheme = "unix:";

/// sun_path without its NUL, unix(7).
constexpr std::size_t kMaxSocketPathBytes = sizeof(sockaddr_un::sun_path) - 1;

Checked<void> check_socket_path(std::string_view path) {
    if (path.empty() || path.front() != '/' || path.back() == '/')
        return wrong(path, "the path of a unix socket, such as unix:/run/vfswatchd/metrics.sock");
    if (path.size() > kMaxSocketPathBytes)
        return wrong(path, "a path of at most " + std::to_string(kMaxSocketPathBytes) +
                               " bytes, which is as much as the kernel takes");
    return check_file(path);
}

Checked<std::string> parse_host(std::string_view text) {
    if (text == "localhost") return std::string(text);
    const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
    const std::string host(bracketed ? text.substr(1, text.size() - 2) : text);
    const std::string canonical = canonical_ip(host, bracketed ? AF_INET6 : AF_INET);
    if (!canonical.empty()) return canonical;
    return wrong("found the host " + with_quotes(text) +
                 ", expected an IPv4 address, an IPv6 address in brackets, or localhost" +
                 (bracketed ? "" : "; names are not looked up: write the address"));
}

/// One byte of a pattern as it stands for a path's; wildcards stand for themselves.
struct PatternByte {
    unsigned char value;
    std::size_t length;  ///< in the text; 0: a bad escape
};

PatternByte pattern_byte(std::string_view text) {
    if (text[0] != '\\') return {static_cast<unsigned char>(text[0]), 1};
    if (text.size() >= 2 && (text[1] == '\\' || text[1] == '*' || text[1] == '?')) {
        return {static_cast<unsigned char>(text[1]), 2};
    }
    if (text.size() < 4 || text[1] != 'x') return {0, 0};
    const int high = hex_value(text[2]);
    const int low = hex_value(text[3]);
    if (high < 0 || low < 0) return {0, 0};
    return {static_cast<unsigned char>(high * 16 + low), 4};
}

/// The pattern with its escapes resolved.
Checked<std::string> unescape(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        const PatternByte byte = pattern_byte(text);
        if (byte.length == 0) {
            return wrong(text.substr(0, 4),
                         "one of the escapes `\\xNN`, `\\\\`, `\\*`, `\\?`; "
                         "a backslash itself is `\\\\`");
        }
        if (byte.value == 0) return wrong("found a NUL byte, which no path holds");
        if (byte.value == '/' && byte.length > 1) {
            return wrong(text.substr(0, byte.length), "`/` itself");
        }
        const bool control = byte.value < 0x20 || byte.value == 0x7f;
        if (control && byte.length == 1) {
            return wrong("found the control character " + with_quotes(text.substr(0, 1)) +
                         ", expected its escape; write '\\xNN', in single quotes");
        }
        plain += static_cast<char>(byte.value);
        text.remove_prefix(byte.length);
    }
    return plain;
}

Checked<void> check_components(std::string_view text, std::string_view plain) {
    std::string_view rest = plain;
    if (rest.front() == '/') rest.remove_prefix(1);
    while (true) {
        const std::size_t slash = rest.find('/');
        const std::string_view component = rest.substr(0, slash);
        if (component.empty()) {
            return wrong(text, "a pattern without an empty component; write one `/` for `//`");
        }
        if (component == "." || component == "..") {
            return wrong(text,
                         "a pattern without `.` and `..`, which no path of a file holds; "
                         "write the path that they lead to");
        }
        if (slash == std::string_view::npos) return {};
        rest.remove_prefix(slash + 1);
    }
}

}  // namespace

Checked<std::int64_t> parse_count(std::string_view text, std::int64_t min, std::int64_t max) {
    const std::string expected =
        "a plain number from " + std::to_string(min) + " to " + std::to_string(max);
    if (!all_digits(text)) return wrong(text, expected + count_remedy(text));
    if (text.size() > 1 && text[0] == '0') {
        return wrong(text, expected + "; a leading zero could mean octal: leave it away");
    }
    std::int64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || number < min || number > max) return wrong(text, expected);
    return number;
}

Checked<std::chrono::seconds> parse_duration(std::string_view text, std::chrono::seconds min,
                                             std::chrono::seconds max) {
    const std::string expected = "a duration from " + format_duration(min) + " to " +
                                 format_duration(max) + " such as 15s, 1m30s or 2h";
    if (all_digits(text)) return wrong(text, expected + "; say in which unit");
    const std::int64_t seconds = text.empty() ? -1 : seconds_of(text);
    if (seconds < 0) return wrong(text, expected + "; the units are h, m and s, in this order");
    if (seconds < min.count() || seconds > max.count()) return wrong(text, expected);
    return std::chrono::seconds(seconds);
}

Checked<bool> parse_bool(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return wrong(text, "true or false");
}

Checked<ListenAddress> parse_address(std::string_view text) {
    ListenAddress address;
    address.systemd = text == kSystemdWord;
    if (address.systemd) return address;
    address.is_unix = text.starts_with(kUnixScheme);
    if (address.is_unix) {
        const std::string_view path = text.substr(kUnixScheme.size());
        if (const Checked<void> checked = check_socket_path(path); !checked)
            return wrong(checked.error());
        address.host = path;
        return address;
    }
    const std::string remedy = address_remedy(text);
    const std::size_t colon = text.rfind(':');
    const bool whole_v6 = !text.empty() && text.front() == '[' && text.back() == ']';
    if (!remedy.empty() || colon == std::string_view::npos || colon == 0 || whole_v6) {
        return wrong(text, std::string(kAddressShape) + remedy);
    }
    const Checked<std::int64_t> port = parse_count(text.substr(colon + 1), 0, 65535);
    if (!port) return wrong("port: " + port.error());
    Checked<std::string> host = parse_host(text.substr(0, colon));
    if (!host) return wrong(host.error());
    address.host = std::move(*host);
    address.port = static_cast<std::uint16_t>(*port);
    return address;
}

Checked<std::uint32_t> parse_mode(std::string_view text) {
    constexpr std::uint32_t kMost = 0777;
    std::uint32_t mode = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    const bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
    if (!whole || mode > kMost || text.size() < 3)
        return wrong(text, "permissions in octal from \"000\" to \"0777\", such as \"0660\"");
    return mode;
}

Checked<void> check_file(std::string_view text) {
    if (text.empty()) return wrong("found an empty path, expected the path of a file");
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    if (std::any_of(text.begin(), text.end(), is_control))
        return wrong("found a control character in the path " + with_quotes(text) +
                     ", expected none");
    return {};
}

std::string beside(const std::string& file, std::string_view path) {
    return (std::filesystem::path(file).parent_path() / path).string();
}

Checked<void> check_name(std::string_view text) {
    const auto allowed = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               c == '.' || c == ':' || c == '-';
    };
    const bool good = !text.empty() && text.size() <= kMaxNameBytes &&
                      std::all_of(text.begin(), text.end(), allowed);
    if (good) return {};
    return wrong(text, "a name of 1 to 63 of the characters a-z A-Z 0-9 _ . : -");
}

Checked<void> check_pattern(std::string_view text) {
    if (text.empty()) return wrong("found an empty pattern, expected one such as `/etc/**`");
    if (text.size() > kMaxPatternBytes) {
        return wrong("found a pattern of " + std::to_string(text.size()) +
                     " bytes, expected at most " + std::to_string(kMaxPatternBytes));
    }
    const Checked<std::string> plain = unescape(text);
    if (!plain) return wrong(plain.error());
    if (text == "/") return {};
    if (text.substr(0, 2) == "~/") {
        return wrong(text, "a path from the root; `~` is not expanded: write the directory out");
    }
    if (text.back() == '/') {
        return wrong(text,
                     "a pattern that does not end in `/`; end it in `/**` for everything "
                     "below the directory");
    }
    return check_components(text, *plain);
}

std::string format_duration(std::chrono::seconds duration) {
    std::string out;
    std::int64_t rest = duration.count();
    for (const auto& [letter, seconds] : kUnits) {
        if (rest < seconds) continue;
        out += std::to_string(rest / seconds) + letter;
        rest %= seconds;
    }
    return out.empty() ? "0s" : out;
}

}  // namespace vfswatchd
