// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "config/text.h"

namespace vfswatchd {
namespace {

// The deepest place of the schema is targets[].processes.pids[]: 5. Recursion stays shallow.
constexpr std::size_t kMaxDepth = 16;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// The text with places as people count them: lines and characters from 1.
class SourceText {
  public:
    explicit SourceText(std::string_view text) : text_(text) {
        line_starts_.push_back(0);
        characters_before_.reserve(text.size() + 1);
        std::uint32_t characters = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            characters_before_.push_back(characters);
            if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U) ++characters;
            if (text[i] == '\n') line_starts_.push_back(i + 1);
        }
        characters_before_.push_back(characters);
    }

    [[nodiscard]] TextPlace place(std::size_t offset) const {
        offset = std::min(offset, text_.size());
        const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
        const std::size_t start = *std::prev(after);
        const std::uint32_t column = characters_before_[offset] - characters_before_[start] + 1;
        return {static_cast<int>(after - line_starts_.begin()), static_cast<int>(column)};
    }

    // yaml-cpp's position counts bytes; its "null mark" (-1) stands for the start.
    static std::size_t offset(const YAML::Mark& mark) {
        return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    }

    [[nodiscard]] TextPlace place(const YAML::Mark& mark) const { return place(offset(mark)); }

    [[nodiscard]] std::string_view from(const YAML::Mark& mark) const {
        return text_.substr(std::min(offset(mark), text_.size()));
    }

    [[nodiscard]] bool is_indented_by_tab(const YAML::Mark& mark) const {
        const std::size_t at = std::min(offset(mark), text_.size());
        const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), at);
        const std::string_view line = text_.substr(*std::prev(after));
        return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
    }

  private:
    std::string_view text_;
    std::vector<std::size_t> line_starts_;
    std::vector<std::uint32_t> characters_before_;  // one file may be one long line
};

bool has_yaml_hex_escape(std::string_view source) {
    if (source.substr(0, 1) != "\"") return false;
    for (std::size_t i = 1; i + 1 < source.size() && source[i] != '"'; ++i) {
        if (source[i] != '\\') continue;
        ++i;
        if (source[i] == 'x') return true;
    }
    return false;
}

bool says_null(std::string_view source) {
    return source.substr(0, 1) == "~" || source.substr(0, 4) == "null" ||
           source.substr(0, 4) == "Null" || source.substr(0, 4) == "NULL";
}

/// Where the faults of one file go.
class FileFaults {
  public:
    FileFaults(const std::string& file, std::vector<ConfigFault>& faults)
        : file_(file), faults_(faults) {}

    void add(TextPlace place, std::string message) {
        faults_.push_back({{file_, place.line, place.column}, std::move(message)});
    }

  private:
    const std::string& file_;
    std::vector<ConfigFault>& faults_;
};

/// Builds the tree from yaml-cpp's events rather than from its nodes, which have lost duplicate
/// keys and aliases.
class TreeBuilder : public YAML::EventHandler {
  public:
    TreeBuilder(const SourceText& source, FileFaults& faults) : source_(source), faults_(faults) {}

    [[nodiscard]] YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ == 0) return;
        throw YAML::ParserException(
            mark,
            "a second YAML document begins here, expected one in a file; remove the `---`, "
            "or put what follows into a file of its own");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        YamlNode node = node_at(YamlNode::Kind::kNull, mark);
        // yaml-cpp gives a missing value the place of whatever comes next.
        if (!says_null(source_.from(mark))) node.place = place_of_missing();
        refuse_extras(node, mark, "?", anchor);
        finish(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        fault(mark,
              "found a YAML alias, expected the value itself; write it out, and put a "
              "pattern that begins with `*` in quotes");
        finish(node_at(YamlNode::Kind::kRefused, mark));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        YamlNode node = node_at(YamlNode::Kind::kScalar, mark);
        node.in_quotes = tag == "!";
        node.yaml_hex_escape = node.in_quotes && has_yaml_hex_escape(source_.from(mark));
        node.text = value;
        refuse_extras(node, mark, tag, anchor);
        finish(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(YamlNode::Kind::kSequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(YamlNode::Kind::kMapping, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

  private:
    [[nodiscard]] YamlNode node_at(YamlNode::Kind kind, const YAML::Mark& mark) const {
        YamlNode node;
        node.kind = kind;
        node.place = source_.place(mark);
        return node;
    }

    [[nodiscard]] TextPlace place_of_missing() const {
        if (open_.empty()) return source_.place(std::size_t{0});
        const YamlNode& parent = open_.back();
        const bool is_value = parent.keys.size() > parent.items.size();
        return is_value ? parent.keys.back().place : parent.place;
    }

    void fault(const YAML::Mark& mark, std::string message) {
        faults_.add(source_.place(mark), std::move(message));
    }

    void refuse_extras(YamlNode& node, const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor) {
        if (anchor != 0) {
            fault(mark,
                  "found a YAML anchor (`&name`), expected a value; write the value out "
                  "where it is needed, and put text that begins with `&` in quotes");
            node.kind = YamlNode::Kind::kRefused;
        } else if (tag != "?" && tag != "!" && !tag.empty()) {
            fault(mark, "found the YAML tag " + with_quotes(tag) +
                            ", expected a value; remove the "
                            "tag, and put text that begins with `!` in quotes");
            node.kind = YamlNode::Kind::kRefused;
        }
    }

    void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        if (open_.size() == kMaxDepth) {
            throw YAML::ParserException(mark, "nested deeper than any configuration (" +
                                                  std::to_string(kMaxDepth) + " levels)");
        }
        YamlNode node = node_at(kind, mark);
        refuse_extras(node, mark, tag, anchor);
        open_.push_back(std::move(node));
        kinds_.push_back(kind);
    }

    void close() {
        YamlNode node = std::move(open_.back());
        open_.pop_back();
        kinds_.pop_back();
        finish(std::move(node));
    }

    void finish(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        YamlNode& parent = open_.back();
        const bool is_key =
            kinds_.back() == YamlNode::Kind::kMapping && parent.keys.size() == parent.items.size();
        (is_key ? parent.keys : parent.items).push_back(std::move(node));
    }

    const SourceText& source_;
    FileFaults& faults_;
    int documents_ = 0;
    std::vector<YamlNode> open_;
    std::vector<YamlNode::Kind> kinds_;  // a refused node is still filled as what it was
    YamlNode root_;
};

/// yaml-cpp takes the byte 0x04 for the end of the text and guesses at UTF-16: neither reaches it.
bool is_plain_text(const SourceText& source, std::string_view text, FileFaults& faults) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text.substr(at));
        const auto first = static_cast<unsigned char>(text[at]);
        const bool space = first == '\t' || first == '\n' || first == '\r';
        if (length == 0 || first == 0x7f || (first < 0x20 && !space)) {
            faults.add(source.place(at), "found the byte " + with_quotes(text.substr(at, 1)) +
                                             ", expected UTF-8 text; write a pattern's odd bytes "
                                             "as '\\xNN', in single quotes");
            return false;
        }
        at += length;
    }
    return true;
}

std::string remedy_for(const SourceText& source, const YAML::Exception& error) {
    if (source.is_indented_by_tab(error.mark)) return "; indent with spaces, not with tabs";
    const std::string first(source.from(error.mark).substr(0, 1));
    if (first == "*") return "; a pattern that begins with `*` must stand in quotes";
    if (!first.empty() && std::string_view("@`%&!").find(first) != std::string_view::npos) {
        return "; text that begins with `" + first + "` must stand in quotes";
    }
    if (error.msg.rfind("end of ", 0) == 0) {
        return "; check the indentation, the brackets and the quotes around here (an address "
               "that begins with `[` must stand in quotes)";
    }
    if (error.msg.rfind("unknown escape", 0) == 0) {
        return "; write patterns in single quotes, where YAML leaves `\\` alone";
    }
    return {};
}

}  // namespace

std::optional<YamlNode> read_yaml(const std::string& file, const std::string& text,
                                  std::vector<ConfigFault>& faults) {
    if (text.size() > kMaxConfigBytes) {
        faults.push_back({{file, 0, 0},
                          "larger than " + std::to_string(kMaxConfigBytes) +
                              " bytes, expected a configuration; is it the right file?"});
        return std::nullopt;
    }
    std::string_view body = text;
    if (body.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        body.remove_prefix(kByteOrderMark.size());
    }
    const SourceText source(body);
    FileFaults file_faults(file, faults);
    if (!is_plain_text(source, body, file_faults)) return std::nullopt;
    try {
        std::istringstream stream{std::string(body)};
        YAML::Parser parser(stream);
        TreeBuilder builder(source, file_faults);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const YAML::Exception& error) {
        file_faults.add(source.place(error.mark), harmless(error.msg) + remedy_for(source, error));
        return std::nullopt;
    }
}

}  // namespace vfswatchd
