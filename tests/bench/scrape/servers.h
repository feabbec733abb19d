// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace vfswatchd::bench {

/// An endpoint on a port of its own that serves the files' series, grown at each scrape.
class BenchServer {
  public:
    BenchServer() = default;
    BenchServer(const BenchServer&) = delete;
    BenchServer& operator=(const BenchServer&) = delete;
    virtual ~BenchServer() = default;
    /// 0: it does not listen.
    [[nodiscard]] virtual std::uint16_t port() const = 0;
};

/// HttpServer and Exposition, joined as the daemon joins them.
std::unique_ptr<BenchServer> make_vfswatchd(std::size_t files);
/// prometheus::Exposer with a Collectable over a plain vector of the same files.
std::unique_ptr<BenchServer> make_exposer(std::size_t files);

}  // namespace vfswatchd::bench
