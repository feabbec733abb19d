// SPDX-License-Identifier: Apache-2.0
#include "journal/logged_snippet.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/utf8.h"
#include "journal/encoding.h"

namespace vfswatchd {
namespace {

/// Takes fields out of an entry, and remembers the first that is wrong.
class FieldReader {
  public:
    explicit FieldReader(const EntryFields& fields) : fields_(fields) {}

    [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

    [[nodiscard]] bool has(std::string_view name) const {
        return fields_.find(name) != fields_.end();
    }

    std::string text(std::string_view name) {
        const std::string* value = required(name);
        if (value == nullptr) return {};
        if (!is_text(*value)) return wrong<std::string>(name, "is no plain text");
        return *value;
    }

    template <typename Number>
    Number number(std::string_view name) {
        const std::string* value = required(name);
        if (value == nullptr) return {};
        Number number{};
        const char* end = value->data() + value->size();
        const auto [stop, error] = std::from_chars(value->data(), end, number);
        if (error != std::errc() || stop != end) return wrong<Number>(name, "is no such number");
        return number;
    }

    bool flag(std::string_view name) {
        const std::string* value = required(name);
        if (value == nullptr) return false;
        if (*value != "0" && *value != "1") return wrong<bool>(name, "is neither 0 nor 1");
        return *value == "1";
    }

    SnippetEncodingWord encoding(std::string_view name) {
        const std::string* value = required(name);
        if (value == nullptr) return {};
        const auto* known = std::find_if(kSnippetEncodings.begin(), kSnippetEncodings.end(),
                                         [&](const auto& entry) { return entry.word == *value; });
        if (known == kSnippetEncodings.end())
            return wrong<SnippetEncodingWord>(name, "is no encoding that is known here");
        return *known;
    }

    std::string data(std::string_view name, SnippetEncoding encoding) {
        const std::string* value = required(name);
        if (value == nullptr) return {};
        auto data = decode(encoding, *value);
        if (!data) return wrong<std::string>(name, "is not in the encoding of the entry");
        return std::move(*data);
    }

  private:
    static bool is_text(std::string_view text) {
        while (!text.empty()) {
            const std::size_t length = utf8_length(text);
            const auto first = static_cast<unsigned char>(text[0]);
            if (length == 0 || first < 0x20 || first == 0x7f) return false;
            text.remove_prefix(length);
        }
        return true;
    }

    template <typename Value>
    Value wrong(std::string_view name, std::string_view how) {
        if (!fault_) fault_ = plain_error(std::string(name) + " " + std::string(how));
        return {};
    }

    const std::string* required(std::string_view name) {
        const auto found = fields_.find(name);
        if (found == fields_.end()) return wrong<const std::string*>(name, "is missing");
        if (found->second.size() > kMaxFieldBytes)
            return wrong<const std::string*>(name, "is too long");
        return &found->second;
    }

    const EntryFields& fields_;
    std::optional<Error> fault_;
};

}  // namespace

Result<LoggedSnippet> parse_snippet(std::chrono::microseconds time, const EntryFields& fields) {
    FieldReader reader(fields);
    LoggedSnippet snippet;
    snippet.time = time;
    snippet.target = reader.text("VFSWATCH_TARGET");
    if (reader.has("VFSWATCH_PATH")) snippet.path = reader.text("VFSWATCH_PATH");
    snippet.comm = reader.text("VFSWATCH_COMM");
    snippet.pid = reader.number<std::uint32_t>("VFSWATCH_PID");
    snippet.tid = reader.number<std::uint32_t>("VFSWATCH_TID");
    snippet.uid = reader.number<std::uint32_t>("VFSWATCH_UID");
    snippet.bytes = reader.number<std::uint64_t>("VFSWATCH_BYTES");
    snippet.requested = reader.number<std::uint64_t>("VFSWATCH_REQUESTED");
    if (reader.has("VFSWATCH_OFFSET"))
        snippet.offset = reader.number<std::uint64_t>("VFSWATCH_OFFSET");
    snippet.truncated = reader.flag("VFSWATCH_TRUNCATED");
    const SnippetEncodingWord encoding = reader.encoding("VFSWATCH_ENCODING");
    snippet.encoding = encoding.word;
    snippet.data = reader.data("VFSWATCH_SNIPPET", encoding.encoding);
    if (reader.fault()) return fail(*reader.fault());
    return snippet;
}

}  // namespace vfswatchd
