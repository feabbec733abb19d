// SPDX-License-Identifier: Apache-2.0
#include "live/units.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace vfswatchd {
namespace {

constexpr std::array<std::string_view, 7> kBinary = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
constexpr std::array<std::string_view, 7> kDecimal = {"", "k", "M", "G", "T", "P", "E"};

std::string fixed_text(double value, int digits) {
    // 2^64 has 20 digits; more are there only of what no counter makes.
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::fixed, digits);
    return {buffer.data(), end.ptr};
}

/// How many digits behind the point bring a number below 1024 to three.
int digits_to_three(double value) {
    if (value >= 99.95) return 0;
    return value >= 9.995 ? 1 : 2;
}

/// The largest number that is still shown with a unit rounds to below the unit's step.
template <std::size_t Size>
std::string scaled(double value, double step, const std::array<std::string_view, Size>& units) {
    std::size_t unit = 0;
    while (value >= step - 0.5 && unit + 1 < Size) {
        value /= step;
        ++unit;
    }
    // Small numbers are whole ones mostly, and look best so.
    const int digits = digits_to_three(value);
    std::string text = unit == 0 ? decimal_text(value, digits) : fixed_text(value, digits);
    if (!units[unit].empty()) text += " " + std::string(units[unit]);
    return text;
}

}  // namespace

std::string bytes_text(double bytes) {
    return scaled(bytes, 1024, kBinary);
}

std::string count_text(double count) {
    return scaled(count, 1000, kDecimal);
}

std::string decimal_text(double value, int digits) {
    std::string text = fixed_text(value, digits);
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace vfswatchd
