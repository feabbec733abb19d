// SPDX-License-Identifier: Apache-2.0
#include "live/keys.h"

#include <algorithm>
#include <array>

namespace vfswatchd {
namespace {

struct Key {
    char byte;
    KeyPress press;
};

constexpr char kEscape = '\033';

// Ctrl-D (4) ends input where a terminal edits lines; Ctrl-L (12) mends a garbled screen.
constexpr auto kKeys = std::to_array<Key>({
    {'q', {KeyAction::kQuit}},
    {'Q', {KeyAction::kQuit}},
    {'\x04', {KeyAction::kQuit}},
    {'b', {KeyAction::kSort, SortKey::kBytes}},
    {'c', {KeyAction::kSort, SortKey::kCalls}},
    {'s', {KeyAction::kSort, SortKey::kSize}},
    {'e', {KeyAction::kSort, SortKey::kErrors}},
    {'p', {KeyAction::kSort, SortKey::kPath}},
    {' ', {KeyAction::kPause}},
    {'h', {KeyAction::kHelp}},
    {'?', {KeyAction::kHelp}},
    {'\x0c', {KeyAction::kRedraw}},
});

}  // namespace

std::vector<KeyPress> read_keys(std::string_view bytes) {
    std::vector<KeyPress> presses;
    for (const char byte : bytes) {
        if (byte == kEscape) break;
        const auto* const key = std::find_if(kKeys.begin(), kKeys.end(),
                                             [byte](const Key& k) { return k.byte == byte; });
        if (key != kKeys.end()) presses.push_back(key->press);
    }
    return presses;
}

}  // namespace vfswatchd
