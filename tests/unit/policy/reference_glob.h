// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vfswatchd {

/// What a pattern means, told a second time and in another way: by trying all splits of the path.
/// Takes time with the product of both lengths; for tests.
class ReferenceGlob {
  public:
    explicit ReferenceGlob(std::string_view pattern) {
        while (!pattern.empty())
            pattern.remove_prefix(read_token(pattern));
        absolute_ = is_slash(0);
    }

    [[nodiscard]] bool matches(std::string_view path) const {
        if (tokens_.empty()) return false;
        if (matches_whole(path)) return true;
        for (std::size_t i = 1; i <= path.size() && !absolute_; i++) {
            if (path[i - 1] == '/' && matches_whole(path.substr(i))) return true;
        }
        return false;
    }

  private:
    struct Token {
        enum Kind { kLiteral, kOne, kStar, kStars } kind = kLiteral;
        char byte = 0;
    };

    std::size_t read_token(std::string_view text) {
        static constexpr std::string_view kHex = "0123456789abcdef0123456789ABCDEF";
        if (text[0] == '?') tokens_.push_back({Token::kOne, 0});
        if (text[0] == '?') return 1;
        if (text[0] == '*') {
            const std::size_t stars = std::min(text.find_first_not_of('*'), text.size());
            tokens_.push_back({stars == 1 ? Token::kStar : Token::kStars, 0});
            return stars;
        }
        if (text[0] == '\\' && text.size() > 1 && kEscaped.find(text[1]) != kEscaped.npos) {
            tokens_.push_back({Token::kLiteral, text[1]});
            return 2;
        }
        if (text.substr(0, 2) == "\\x" && text.size() > 3) {
            const std::size_t high = kHex.find(text[2]);
            const std::size_t low = kHex.find(text[3]);
            if (high != kHex.npos && low != kHex.npos) {
                tokens_.push_back(
                    {Token::kLiteral, static_cast<char>((high % 16) * 16 + low % 16)});
                return 4;
            }
        }
        tokens_.push_back({Token::kLiteral, text[0]});
        return 1;
    }

    [[nodiscard]] bool is_slash(std::size_t token) const {
        return token < tokens_.size() && tokens_[token].kind == Token::kLiteral &&
               tokens_[token].byte == '/';
    }

    [[nodiscard]] bool matches_whole(std::string_view path) const {
        const bool plain = std::all_of(tokens_.begin(), tokens_.end(), [](const Token& token) {
            return token.kind == Token::kLiteral;
        });
        if (plain) return matches_name(path);
        std::vector<signed char> memo((tokens_.size() + 1) * (path.size() + 1), -1);
        return matches_from(0, 0, path, memo);
    }

    [[nodiscard]] bool matches_name(std::string_view path) const {
        std::string name;
        for (const Token& token : tokens_)
            name += token.byte;
        if (!path.starts_with(name)) return false;
        return path.size() == name.size() || name.back() == '/' || path[name.size()] == '/';
    }

    bool matches_from(std::size_t token, std::size_t at, std::string_view path,
                      std::vector<signed char>& memo) const {
        signed char& known = memo[token * (path.size() + 1) + at];
        if (known < 0) known = try_from(token, at, path, memo) ? 1 : 0;
        return known != 0;
    }

    bool try_from(std::size_t token, std::size_t at, std::string_view path,
                  std::vector<signed char>& memo) const {
        if (token == tokens_.size()) return at == path.size();
        const Token& now = tokens_[token];
        if (now.kind == Token::kStar || now.kind == Token::kStars) {
            return try_run(token, at, path, memo);
        }
        if (at == path.size()) return false;
        if (now.kind == Token::kLiteral) {
            return path[at] == now.byte && matches_from(token + 1, at + 1, path, memo);
        }
        const std::size_t length = character_length(path.substr(at));
        return length > 0 && path[at] != '/' && matches_from(token + 1, at + length, path, memo);
    }

    bool try_run(std::size_t token, std::size_t at, std::string_view path,
                 std::vector<signed char>& memo) const {
        const bool crosses = tokens_[token].kind == Token::kStars;
        const bool whole_components =
            crosses && is_slash(token + 1) && (token == 0 || is_slash(token - 1));
        if (whole_components && matches_from(token + 2, at, path, memo)) return true;
        for (std::size_t end = at; end <= path.size(); end++) {
            if (matches_from(token + 1, end, path, memo)) return true;
            if (!crosses && end < path.size() && path[end] == '/') return false;
        }
        return false;
    }

    /// Bytes of the valid UTF-8 character at the start; 0: none.
    static std::size_t character_length(std::string_view text) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
        const unsigned lead = byte(0);
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xc0 ? 0
                                   : lead < 0xe0 ? 2
                                   : lead < 0xf0 ? 3
                                   : lead < 0xf8 ? 4
                                                 : 0;
        if (length < 2 || text.size() < length) return length == 1 ? 1 : 0;
        unsigned value = lead & (0xffU >> (length + 1));
        for (std::size_t i = 1; i < length; i++) {
            if ((byte(i) & 0xc0) != 0x80) return 0;
            value = value << 6 | (byte(i) & 0x3f);
        }
        static constexpr unsigned kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
        const bool surrogate = value >= 0xd800 && value < 0xe000;
        return value < kSmallest[length] || value > 0x10ffff || surrogate ? 0 : length;
    }

    static constexpr std::string_view kEscaped = "\\*?";

    bool absolute_ = false;
    std::vector<Token> tokens_;
};

/// What a unit means, told a second time: by looking at each component of a cgroup's path.
class ReferenceUnit {
  public:
    explicit ReferenceUnit(std::string_view unit) : directory_(directory_of(unit)) {}

    [[nodiscard]] bool matches(std::string_view cgroup) const {
        while (!cgroup.empty() && cgroup[0] == '/') {
            const std::size_t end = std::min(cgroup.find('/', 1), cgroup.size());
            if (directory_.matches(cgroup.substr(0, end))) return true;
            if (!cgroup.substr(1, end - 1).ends_with(".slice")) return false;
            cgroup.remove_prefix(end);
        }
        return false;
    }

  private:
    /// A pattern of `/NAME`, where NAME is how systemd calls the unit's directory.
    static std::string directory_of(std::string_view unit) {
        std::string pattern = "/";
        if (unit[0] == '_' || unit[0] == '.') pattern += '_';
        for (const char c : unit) {
            if (c == '\\') pattern += '\\';
            pattern += c;
        }
        return pattern;
    }

    ReferenceGlob directory_;
};

}  // namespace vfswatchd
