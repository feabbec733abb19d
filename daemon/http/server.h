// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/access.h"
#include "http/limits.h"
#include "http/listener.h"
#include "http/router.h"

namespace vfswatchd {

/// The endpoint: one thread for each address, so that no client waits for another.
/// Thread: start, stop and the destructor on one thread; the others on any.
class HttpServer {
  public:
    /// Listens on every address or on none.
    /// Errors: name the address and the remedy.
    [[nodiscard]] static Result<HttpServer> start(const std::vector<HttpAddress>& addresses,
                                                  HttpHandlers handlers,
                                                  const HttpLimits& limits = {},
                                                  Access access = {});
    /// Serves sockets that are open already; who holds others of their descriptors keeps them.
    [[nodiscard]] static Result<HttpServer> serve(std::vector<Listener> listeners,
                                                  HttpHandlers handlers,
                                                  const HttpLimits& limits = {},
                                                  Access access = {});
    HttpServer(HttpServer&&) noexcept;
    HttpServer& operator=(HttpServer&&) = delete;
    ~HttpServer();

    /// In the order given to start, with the ports that were bound.
    [[nodiscard]] std::vector<HttpAddress> addresses() const;
    /// The same, as a browser takes them.
    [[nodiscard]] std::vector<std::string> urls() const;

    /// For connections and requests that begin from now on. What speaks TLS goes on speaking it,
    /// and what does not does not: an access with and one without it cannot follow one another.
    void set_access(Access access);

    /// Takes no more clients, gives those that are being answered a moment, hangs up on all and
    /// ends the threads; no handler runs afterwards. Who comes meanwhile waits for the next that
    /// serves the socket, where somebody else holds it too. Again: nothing.
    void stop();

  private:
    struct State;
    HttpServer();

    std::unique_ptr<State> state_;
};

}  // namespace vfswatchd
