// SPDX-License-Identifier: Apache-2.0
// Input: a byte that says how to write, then a record of the kernel's ring of snippets. What is
// decoded must be borne out by the record's length, and its entry show the data and nothing raw.
// The input is also taken for an encoded snippet, as anybody may write one into the journal.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "bpf/vfswatch_abi.h"
#include "journal/encoding.h"
#include "journal/entry.h"
#include "kernel/snippet_record.h"

namespace {

using namespace vfswatchd;

void check(bool holds) {
    if (!holds) std::abort();
}

SnippetRules rules_of(std::uint8_t choice) {
    SnippetRules rules;
    rules.encoding = kSnippetEncodings[choice % kSnippetEncodings.size()].encoding;
    rules.max_bytes = choice;
    if ((choice & 0x80) != 0) check(rules.redact.add("s(.)c").has_value());
    return rules;
}

/// Empty: no such field.
std::string field(const std::vector<std::string>& fields, std::string_view name) {
    for (const std::string& text : fields)
        if (text.starts_with(name)) return text.substr(name.size());
    return {};
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check_entry(const Snippet& snippet, const SnippetRules& rules) {
    const auto fields = snippet_fields(snippet, "target", rules);
    const auto shown = decode(rules.encoding, field(fields, "VFSWATCH_SNIPPET="));
    check(shown.has_value());
    check(*shown == rules.redact.apply(std::string_view(snippet.data).substr(0, rules.max_bytes)));
    check(std::none_of(fields.begin(), fields.end(), has_control));
    if (snippet.fault == 0) return;
    const auto faults = fault_fields(snippet, "target", 1);
    check(std::none_of(faults.begin(), faults.end(), has_control));
}

void check_record(std::span<const std::byte> record, const SnippetRules& rules) {
    const auto snippet = decode_snippet(record);
    if (!snippet) return;
    check(sizeof(vfswatch_snippet) + snippet->path.size() + snippet->data.size() == record.size());
    check(snippet->data.size() <= snippet->bytes);
    check(snippet->fault == 0 || snippet->data.empty());
    check_entry(*snippet, rules);
}

void check_encoded(std::string_view text, SnippetEncoding encoding) {
    const auto bytes = decode(encoding, text);
    if (bytes) check(decode(encoding, encode(encoding, *bytes)) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return -1;
    const SnippetRules rules = rules_of(data[0]);
    const std::span<const std::uint8_t> rest(data + 1, size - 1);
    check_record(std::as_bytes(rest), rules);
    check_encoded({reinterpret_cast<const char*>(rest.data()), rest.size()}, rules.encoding);
    return 0;
}
