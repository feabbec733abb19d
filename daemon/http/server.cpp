// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include "http/endpoint.h"

namespace vfswatchd {
namespace {

/// A scrape of 100,000 series takes tens of milliseconds; a client that reads slowly holds nobody
/// up for longer than this.
constexpr std::chrono::milliseconds kStopPatience{500};
constexpr std::chrono::milliseconds kStopPause{2};

}  // namespace

struct HttpServer::State {
    State(HttpHandlers handlers, const HttpLimits& limits, Access first_access)
        : router(std::move(handlers), limits.pages),
          access(std::make_shared<const Access>(std::move(first_access))) {}

    Router router;
    CurrentAccess access;
    PasswordChecker passwords;
    std::vector<std::unique_ptr<Endpoint>> endpoints;  // last: they use what stands above
};

HttpServer::HttpServer() = default;
HttpServer::HttpServer(HttpServer&&) noexcept = default;

HttpServer::~HttpServer() {
    stop();
}

Result<HttpServer> HttpServer::start(const std::vector<HttpAddress>& addresses,
                                     HttpHandlers handlers, const HttpLimits& limits,
                                     Access access) {
    std::vector<Listener> listeners;
    for (const HttpAddress& address : addresses) {
        Result<Listener> listener = open_listener(address);
        if (!listener) return fail(listener.error());
        listeners.push_back(std::move(*listener));
    }
    return serve(std::move(listeners), std::move(handlers), limits, std::move(access));
}

Result<HttpServer> HttpServer::serve(std::vector<Listener> listeners, HttpHandlers handlers,
                                     const HttpLimits& limits, Access access) {
    HttpServer server;
    try {
        server.state_ = std::make_unique<State>(std::move(handlers), limits, std::move(access));
    } catch (const std::exception& error) {
        return fail(plain_error(std::string("start the endpoint: ") + error.what()));
    }
    State& state = *server.state_;
    for (Listener& listener : listeners)
        state.endpoints.push_back(std::make_unique<Endpoint>(
            std::move(listener), Endpoint::Shared{state.router, state.access, state.passwords},
            limits));
    for (const auto& endpoint : state.endpoints) {
        if (std::optional<Error> error = endpoint->start()) return fail(std::move(*error));
    }
    return server;
}

std::vector<HttpAddress> HttpServer::addresses() const {
    std::vector<HttpAddress> bound;
    for (const auto& endpoint : state_->endpoints)
        bound.push_back(endpoint->address());
    return bound;
}

std::vector<std::string> HttpServer::urls() const {
    std::vector<std::string> urls;
    for (const auto& endpoint : state_->endpoints)
        urls.push_back(to_url(endpoint->address(), endpoint->speaks_tls()));
    return urls;
}

void HttpServer::set_access(Access access) {
    state_->access.set(std::make_shared<const Access>(std::move(access)));
}

void HttpServer::stop() {
    if (!state_ || state_->endpoints.empty()) return;
    auto& endpoints = state_->endpoints;
    for (const auto& endpoint : endpoints)
        endpoint->take_no_more();
    const auto asked = [](const auto& endpoint) { return endpoint->is_asked(); };
    const auto end = std::chrono::steady_clock::now() + kStopPatience;
    // One pause at least: a thread may be about to take a client.
    do
        std::this_thread::sleep_for(kStopPause);
    while (std::any_of(endpoints.begin(), endpoints.end(), asked) &&
           std::chrono::steady_clock::now() < end);
    // A connection that waits for a verdict could not be ended.
    state_->passwords.stop();
    endpoints.clear();
}

}  // namespace vfswatchd
