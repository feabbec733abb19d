// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/result.h"
#include "http/listener.h"
#include "http/router.h"

namespace vfswatchd {

/// What clients may hold. For each listener, but for the scrapes.
struct HttpLimits {
    /// Open at once. Three quarters are for use; beyond, who asked longest ago is hung up on.
    unsigned connections = 128;
    /// A connection's buffers, and so the size of a chunk; pages that are not used cost nothing.
    std::size_t connection_bytes = 64 * 1024;
    /// Without a byte either way. Above Prometheus's usual interval, so that it keeps its own.
    std::chrono::seconds idle{30};
    /// From asking to having read it all. Nobody's scrape timeout is longer.
    std::chrono::seconds request{60};
    /// Pages on their way at once, over all listeners; the next one gets 503.
    std::size_t scrapes = 16;
};

/// The endpoint: one thread with epoll for each address, so that no client waits for another.
/// Thread: start, stop and the destructor on one thread; addresses() on any.
class HttpServer {
  public:
    /// Listens on every address or on none.
    /// Errors: name the address and the remedy.
    [[nodiscard]] static Result<HttpServer> start(const std::vector<HttpAddress>& addresses,
                                                  HttpHandlers handlers,
                                                  const HttpLimits& limits = {});
    /// Serves sockets that are open already; who holds others of their descriptors keeps them.
    [[nodiscard]] static Result<HttpServer> serve(std::vector<Listener> listeners,
                                                  HttpHandlers handlers,
                                                  const HttpLimits& limits = {});
    HttpServer(HttpServer&&) noexcept;
    HttpServer& operator=(HttpServer&&) = delete;
    ~HttpServer();

    /// In the order given to start, with the ports that were bound.
    [[nodiscard]] std::vector<HttpAddress> addresses() const;

    /// Takes no more clients, gives those that are being answered a moment, hangs up on all and
    /// ends the threads; no handler runs afterwards. Who comes meanwhile waits for the next that
    /// serves the socket, where somebody else holds it too. Again: nothing.
    void stop();

  private:
    class Endpoint;
    HttpServer();

    std::unique_ptr<Router> router_;  // outlives the endpoints that ask it
    std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

}  // namespace vfswatchd
