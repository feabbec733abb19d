// SPDX-License-Identifier: Apache-2.0
#include "service/snippet_text.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>

#include "base/json_text.h"
#include "base/terminal_text.h"
#include "journal/encoding.h"

namespace vfswatchd {
namespace {

// Select Graphic Rendition, ECMA-48 8.3.117.
constexpr std::string_view kTargetColour = "\033[1m";
constexpr std::string_view kPathColour = "\033[36m";
constexpr std::string_view kDataColour = "\033[32m";
constexpr std::string_view kNoColour = "\033[0m";

std::string dressed(std::string_view colour, const std::string& text, bool coloured) {
    if (!coloured) return text;
    return std::string(colour) + text + std::string(kNoColour);
}

/// Seconds with a fraction of microseconds.
std::string time_text(const tm& time, const char* format, std::chrono::microseconds whole) {
    std::array<char, 64> seconds{};
    std::array<char, 16> fraction{};
    strftime(seconds.data(), seconds.size(), format, &time);
    std::snprintf(fraction.data(), fraction.size(), ".%06lld",
                  static_cast<long long>(whole.count() % 1000000));
    return std::string(seconds.data()) + fraction.data();
}

time_t whole_seconds(std::chrono::microseconds time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

std::string utc_time(std::chrono::microseconds time) {
    const time_t seconds = whole_seconds(time);
    tm parts{};
    gmtime_r(&seconds, &parts);
    return time_text(parts, "%Y-%m-%dT%H:%M:%S", time) + "Z";
}

/// `postgres[4242]`, with the thread where it is not the first.
std::string reader_of(const LoggedSnippet& snippet) {
    std::string text = terminal_text(snippet.comm) + "[" + std::to_string(snippet.pid);
    if (snippet.tid != snippet.pid) text += "/" + std::to_string(snippet.tid);
    return text + "]";
}

/// `8192 B at 40960`, with what was asked for where that was not given.
std::string amount_of(const LoggedSnippet& snippet) {
    std::string text = std::to_string(snippet.bytes) + " B";
    if (snippet.requested != snippet.bytes)
        text += " (" + std::to_string(snippet.requested) + " asked for)";
    if (snippet.offset) text += " at " + std::to_string(*snippet.offset);
    return text;
}

}  // namespace

std::string local_time(std::chrono::microseconds time) {
    const time_t seconds = whole_seconds(time);
    tm parts{};
    localtime_r(&seconds, &parts);
    return time_text(parts, "%Y-%m-%d %H:%M:%S", time);
}

std::string snippet_to_text(const LoggedSnippet& snippet, bool colour) {
    const std::string path = snippet.path ? terminal_text(*snippet.path) : "a file being renamed";
    const std::string data = encode(SnippetEncoding::kText, snippet.data);
    return local_time(snippet.time) + " " +
           dressed(kTargetColour, terminal_text(snippet.target), colour) + ": " +
           reader_of(snippet) + " uid " + std::to_string(snippet.uid) + " read " +
           amount_of(snippet) + " of " + dressed(kPathColour, path, colour) + "\n    " +
           dressed(kDataColour, "\"" + data + "\"", colour) + (snippet.truncated ? "..." : "") +
           "\n";
}

std::string snippet_to_json(const LoggedSnippet& snippet) {
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    return "{\"time\":\"" + utc_time(snippet.time) + "\",\"target\":" + json_text(snippet.target) +
           ",\"path\":" + (snippet.path ? json_text(*snippet.path) : "null") +
           ",\"pid\":" + number(snippet.pid) + ",\"tid\":" + number(snippet.tid) +
           ",\"comm\":" + json_text(snippet.comm) + ",\"uid\":" + number(snippet.uid) +
           ",\"bytes\":" + number(snippet.bytes) + ",\"requested\":" + number(snippet.requested) +
           ",\"offset\":" + (snippet.offset ? number(*snippet.offset) : "null") +
           ",\"truncated\":" + (snippet.truncated ? "true" : "false") +
           ",\"encoding\":" + json_text(snippet.encoding) + ",\"snippet_base64\":\"" +
           encode(SnippetEncoding::kBase64, snippet.data) + "\"}\n";
}

}  // namespace vfswatchd
