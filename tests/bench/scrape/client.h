// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vfswatchd::bench {

/// Reads an answer and does nothing with it: what the client costs is the same for every server.
class ScrapeClient {
  public:
    using Duration = std::chrono::steady_clock::duration;

    /// Of `/metrics`, from connect to the last byte.
    /// Errors: throws std::runtime_error when the server cannot be reached.
    Duration scrape(std::uint16_t port, bool gzip) { return get(port, "/metrics", gzip); }
    /// The same of any path.
    Duration get(std::uint16_t port, const std::string& path, bool gzip = false);

    /// The last answer as it stood on the wire.
    [[nodiscard]] const std::string& answer() const { return answer_; }

  private:
    std::string answer_;
};

}  // namespace vfswatchd::bench
