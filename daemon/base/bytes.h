// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace vfswatchd {

/// Values one behind the other, as they lie in this machine's memory: for the same machine.
class ByteWriter {
  public:
    template <typename Value>
    void put(const Value& value) {
        static_assert(std::has_unique_object_representations_v<Value>, "no byte without a meaning");
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }

    void put_text(std::string_view text) {
        put(std::uint64_t{text.size()});
        bytes_.append(text);
    }

    /// Of a sequence that follows.
    void put_count(std::size_t count) { put(std::uint64_t{count}); }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

/// Reads them back. What is not there reads as zero, and failed() tells.
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    template <typename Value>
    [[nodiscard]] Value get() {
        static_assert(std::has_unique_object_representations_v<Value>, "no byte without a meaning");
        Value value{};
        if (rest_.size() < sizeof(value)) {
            fail();
            return value;
        }
        std::memcpy(&value, rest_.data(), sizeof(value));
        rest_.remove_prefix(sizeof(value));
        return value;
    }

    [[nodiscard]] std::string get_text() {
        const auto size = get<std::uint64_t>();
        if (size > rest_.size()) {
            fail();
            return {};
        }
        std::string text(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return text;
    }

    /// Never more than there are bytes, whatever is written there: an element takes one at least.
    [[nodiscard]] std::size_t get_count() {
        const auto count = get<std::uint64_t>();
        if (count <= rest_.size()) return count;
        fail();
        return 0;
    }

    /// What comes next, without taking it.
    [[nodiscard]] std::string_view rest() const { return rest_; }

    [[nodiscard]] bool failed() const { return failed_; }
    /// Nothing is left over either.
    [[nodiscard]] bool finished() const { return !failed_ && rest_.empty(); }

  private:
    void fail() {
        failed_ = true;
        rest_ = {};
    }

    std::string_view rest_;
    bool failed_ = false;
};

}  // namespace vfswatchd
