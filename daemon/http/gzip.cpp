// SPDX-License-Identifier: Apache-2.0
#include "http/gzip.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <new>
#include <utility>

namespace vfswatchd {
namespace {

// Twice the window of deflate; fits the L2 cache.
constexpr std::size_t kInputBytes = std::size_t{64} * 1024;
constexpr int kLevel = 1;
constexpr int kGzipWindowBits = 15 + 16;  // zlib.h: +16 writes a gzip header and trailer
constexpr int kMemoryLevel = 8;           // zlib's default

}  // namespace

GzipSource::GzipSource(std::unique_ptr<BodySource> plain)
    : plain_(std::move(plain)), input_(kInputBytes) {
    const int status = deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                                    Z_DEFAULT_STRATEGY);
    if (status != Z_OK) throw std::bad_alloc();
}

GzipSource::~GzipSource() {
    deflateEnd(&stream_);
}

void GzipSource::refill() {
    const std::size_t got = plain_->read(input_.data(), input_.size());
    input_ended_ = got == 0;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(got);
}

std::size_t GzipSource::read(char* buffer, std::size_t capacity) {
    const auto room =
        static_cast<uInt>(std::min<std::size_t>(capacity, std::numeric_limits<uInt>::max()));
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = room;
    while (!ended_ && stream_.avail_out > 0) {
        if (stream_.avail_in == 0 && !input_ended_) refill();
        const int status = deflate(&stream_, input_ended_ ? Z_FINISH : Z_NO_FLUSH);
        assert(status != Z_STREAM_ERROR);
        ended_ = status == Z_STREAM_END;
    }
    return room - stream_.avail_out;
}

}  // namespace vfswatchd
