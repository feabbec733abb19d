// SPDX-License-Identifier: Apache-2.0
#include "journal/entry.h"

#include <syslog.h>

#include <cassert>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>

#include "base/errno_name.h"
#include "base/escape.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "journal/encoding.h"
#include "journal/message_ids.h"

namespace vfswatchd {
namespace {

using Fields = std::vector<std::string>;

// Of an encoded snippet. Ends no pair of hex digits and no group of base64 in its middle.
constexpr std::size_t kMessageCharacters = 200;

void add(Fields& fields, std::string_view name, std::string_view value) {
    fields.emplace_back(name).append("=").append(value);
}

void add(Fields& fields, std::string_view name, std::uint64_t value) {
    add(fields, name, std::to_string(value));
}

Fields entry(const std::string& message, std::string_view id, int priority) {
    Fields fields;
    add(fields, "MESSAGE", message);
    add(fields, "MESSAGE_ID", id);
    add(fields, "PRIORITY", std::to_string(priority));
    add(fields, "SYSLOG_IDENTIFIER", "vfswatchd");
    return fields;
}

void add_read(Fields& fields, const Snippet& snippet, const std::string& target) {
    add(fields, "VFSWATCH_TARGET", target);
    if (!snippet.path.empty()) add(fields, "VFSWATCH_PATH", escaped_text(snippet.path));
    add(fields, "VFSWATCH_PID", snippet.pid);
    add(fields, "VFSWATCH_TID", snippet.tid);
    add(fields, "VFSWATCH_COMM", escaped_text(snippet.comm));
}

/// As the labels show it, but for characters that could fool a terminal.
std::string in_message(std::string_view raw) {
    return terminal_text(escaped_text(raw));
}

/// `postgres[4242] read 8192 B of /var/lib/x/16384 at 40960`
std::string described(const Snippet& snippet) {
    const std::string file =
        snippet.path.empty() ? "a file that is being renamed" : in_message(snippet.path);
    const std::string at = snippet.offset ? " at " + std::to_string(*snippet.offset) : "";
    return in_message(snippet.comm) + "[" + std::to_string(snippet.pid) + "] read " +
           std::to_string(snippet.bytes) + " B of " + file + at;
}

/// Bytes and characters of what must not be torn.
struct Unit {
    std::size_t bytes;
    std::size_t characters;
};

Unit first_unit(std::string_view encoded) {
    if (encoded[0] != '\\') return {utf8_length(encoded), 1};
    const std::size_t length = encoded[1] == 'x' ? 4 : 2;
    return {length, length};
}

std::string_view beginning(std::string_view encoded) {
    std::size_t bytes = 0;
    std::size_t characters = 0;
    while (bytes < encoded.size()) {
        const Unit unit = first_unit(encoded.substr(bytes));
        characters += unit.characters;
        if (characters > kMessageCharacters) break;
        bytes += unit.bytes;
    }
    return encoded.substr(0, bytes);
}

std::string_view word_of(SnippetEncoding encoding) {
    for (const SnippetEncodingWord& entry : kSnippetEncodings)
        if (entry.encoding == encoding) return entry.word;
    return "";
}

/// `"text"`, `hex 74657874`; the dots of what is cut stand outside of the quotes, as in strace.
std::string quoted(SnippetEncoding encoding, std::string_view encoded) {
    const std::string_view shown = beginning(encoded);
    std::string text = encoding == SnippetEncoding::kText
                           ? "\"" + std::string(shown) + "\""
                           : std::string(word_of(encoding)) + " " + std::string(shown);
    return shown.size() < encoded.size() ? text + "..." : text;
}

std::string reason(int fault) {
    if (fault == EFAULT)
        return "the page was not resident (EFAULT): the reader unmapped it, or it was paged out, "
               "before the read's end was seen";
    const std::string_view name = errno_name(fault);
    return std::generic_category().message(fault) +
           (name.empty() ? "" : " (" + std::string(name) + ")");
}

}  // namespace

std::vector<std::string> snippet_fields(const Snippet& snippet, const std::string& target,
                                        const SnippetRules& rules) {
    const std::string_view data = std::string_view(snippet.data).substr(0, rules.max_bytes);
    const std::string encoded = encode(rules.encoding, rules.redact.apply(data));
    Fields fields = entry(described(snippet) + ": " + quoted(rules.encoding, encoded),
                          kSnippetMessageId, LOG_INFO);
    add_read(fields, snippet, target);
    add(fields, "VFSWATCH_UID", snippet.uid);
    add(fields, "VFSWATCH_BYTES", snippet.bytes);
    add(fields, "VFSWATCH_REQUESTED", snippet.requested);
    if (snippet.offset) add(fields, "VFSWATCH_OFFSET", *snippet.offset);
    add(fields, "VFSWATCH_SNIPPET", encoded);
    add(fields, "VFSWATCH_ENCODING", word_of(rules.encoding));
    add(fields, "VFSWATCH_TRUNCATED", data.size() < snippet.bytes ? "1" : "0");
    return fields;
}

std::vector<std::string> fault_fields(const Snippet& snippet, const std::string& target,
                                      std::uint64_t faults_so_far) {
    assert(snippet.fault > 0);
    Fields fields = entry(described(snippet) + ", a sample for target " + target +
                              ", but what it got could not be copied: " + reason(snippet.fault) +
                              "; such samples so far: " + std::to_string(faults_so_far),
                          kSnippetFaultMessageId, LOG_WARNING);
    add_read(fields, snippet, target);
    return fields;
}

}  // namespace vfswatchd
