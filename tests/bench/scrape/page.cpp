// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace vfswatchd::bench {
namespace {

std::string join_chunks(std::string_view chunked) {
    std::string body;
    while (true) {
        std::size_t size = 0;
        const auto parsed =
            std::from_chars(chunked.data(), chunked.data() + chunked.size(), size, 16);
        const std::size_t line_end = chunked.find("\r\n");
        if (parsed.ec != std::errc() || line_end == std::string_view::npos ||
            chunked.size() < line_end + 2 + size + 2) {
            throw std::runtime_error("the chunked answer is broken off");
        }
        if (size == 0) return body;
        body.append(chunked.substr(line_end + 2, size));
        chunked.remove_prefix(line_end + 2 + size + 2);
    }
}

std::string gunzip(std::string packed) {
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("no memory for gzip");
    std::string text;
    std::vector<char> block(256 * 1024);
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(block.data());
        stream.avail_out = static_cast<uInt>(block.size());
        status = inflate(&stream, Z_NO_FLUSH);
        text.append(block.data(), block.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END) throw std::runtime_error("the gzip answer is damaged");
    return text;
}

}  // namespace

std::string body_of(const std::string& answer) {
    const std::size_t head_end = answer.find("\r\n\r\n");
    if (answer.compare(0, 12, "HTTP/1.1 200") != 0 || head_end == std::string::npos) {
        throw std::runtime_error("not a 200 answer: " + answer.substr(0, 60));
    }
    std::string head = answer.substr(0, head_end);
    std::transform(head.begin(), head.end(), head.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::string body = answer.substr(head_end + 4);
    if (head.find("transfer-encoding: chunked") != std::string::npos) body = join_chunks(body);
    if (head.find("content-encoding: gzip") != std::string::npos) body = gunzip(std::move(body));
    return body;
}

std::vector<Sample> file_samples(const std::string& page) {
    std::vector<Sample> samples;
    std::size_t at = 0;
    while (at < page.size()) {
        const std::size_t end = std::min(page.find('\n', at), page.size());
        const std::string line = page.substr(at, end - at);
        if (line.compare(0, 19, "vfswatch_file_read_") == 0) {
            const std::size_t space = line.rfind(' ');
            samples.push_back({line.substr(0, space), std::stod(line.substr(space + 1))});
        }
        at = end + 1;
    }
    std::sort(samples.begin(), samples.end());
    return samples;
}

std::string difference(const std::vector<Sample>& a, const std::vector<Sample>& b) {
    if (a.size() != b.size()) {
        return std::to_string(a.size()) + " series against " + std::to_string(b.size());
    }
    const auto [first, second] = std::mismatch(a.begin(), a.end(), b.begin());
    if (first == a.end()) return "";
    return first->name_and_labels + " " + std::to_string(first->value) + " against " +
           second->name_and_labels + " " + std::to_string(second->value);
}

}  // namespace vfswatchd::bench
