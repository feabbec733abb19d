// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "http/body.h"

namespace vfswatchd {

/// The same body in gzip format. Level 1: a page of series shrinks to a fifteenth with it, and
/// the levels above cost a scrape more time than the network saves.
/// Errors: std::bad_alloc from the constructor, what the plain source throws from read().
class GzipSource : public BodySource {
  public:
    explicit GzipSource(std::unique_ptr<BodySource> plain);
    ~GzipSource() override;
    std::size_t read(char* buffer, std::size_t capacity) override;

  private:
    void refill();

    std::unique_ptr<BodySource> plain_;
    std::vector<char> input_;
    z_stream stream_{};
    bool input_ended_ = false;
    bool ended_ = false;
};

}  // namespace vfswatchd
