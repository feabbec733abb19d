// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/blocked_signals.h"
#include "http/connections.h"

namespace vfswatchd {
namespace {

/// A scrape of 100,000 series takes tens of milliseconds; a client that reads slowly holds nobody
/// up for longer than this.
constexpr std::chrono::milliseconds kStopPatience{500};
constexpr std::chrono::milliseconds kStopPause{2};

struct StopDaemon {
    void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};
struct DestroyResponse {
    void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using DaemonPtr = std::unique_ptr<MHD_Daemon, StopDaemon>;
using ResponsePtr = std::unique_ptr<MHD_Response, DestroyResponse>;

/// A stream on its way, owned by its MHD_Response.
struct StreamInFlight {
    std::unique_ptr<BodySource> source;
    const Router& router;
};

ssize_t read_stream(void* context, std::uint64_t, char* buffer, std::size_t capacity) {
    auto& stream = *static_cast<StreamInFlight*>(context);
    try {
        const std::size_t got = stream.source->read(buffer, capacity);
        return got == 0 ? MHD_CONTENT_READER_END_OF_STREAM : static_cast<ssize_t>(got);
    } catch (const std::exception& error) {
        stream.router.report(std::string("page broken off: ") + error.what());
    } catch (...) {
        stream.router.report("page broken off: unknown exception");
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

void free_stream(void* context) {
    std::unique_ptr<StreamInFlight> freed(static_cast<StreamInFlight*>(context));
}

ResponsePtr body_response(HttpReply& reply, const Router& router, std::size_t block_bytes) {
    if (!reply.stream) {
        return ResponsePtr(MHD_create_response_from_buffer(reply.body.size(), reply.body.data(),
                                                           MHD_RESPMEM_MUST_COPY));
    }
    auto stream = std::make_unique<StreamInFlight>(StreamInFlight{std::move(reply.stream), router});
    ResponsePtr response(MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_bytes,
                                                           read_stream, stream.get(), free_stream));
    if (response) static_cast<void>(stream.release());
    return response;
}

MHD_Result append_accept_encoding(void* context, MHD_ValueKind, const char* name,
                                  const char* value) {
    auto& joined = *static_cast<std::string*>(context);
    if (value == nullptr || ::strcasecmp(name, "Accept-Encoding") != 0) return MHD_YES;
    if (!joined.empty()) joined += ',';
    joined += value;
    return MHD_YES;
}

std::string accept_encoding(MHD_Connection* connection) {
    std::string joined;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, append_accept_encoding, &joined);
    return joined;
}

/// nullptr: there was no memory for it.
ConnectionTable::Connection* known_connection(MHD_Connection* connection) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == nullptr) return nullptr;
    return static_cast<ConnectionTable::Connection*>(info->socket_context);
}

}  // namespace

/// One address with the thread that serves it.
class HttpServer::Endpoint {
  public:
    Endpoint(Listener listener, const Router& router, const HttpLimits& limits)
        : listener_(std::move(listener)),
          router_(router),
          limits_(limits),
          connections_(limits.connections - limits.connections / 4, limits.request) {}
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;
    ~Endpoint() = default;

    [[nodiscard]] std::optional<Error> start();
    [[nodiscard]] const HttpAddress& address() const { return listener_.address; }

    /// Leaves who comes from now on in the socket's queue.
    void take_no_more() {
        if (daemon_ && !left_) left_.reset(MHD_quiesce_daemon(daemon_.get()));
    }
    /// Is there a client that was taken and has no whole answer yet?
    [[nodiscard]] bool is_asked() const { return connections_.waiting() > 0; }

  private:
    static MHD_Result on_request(void* context, MHD_Connection* connection, const char* url,
                                 const char* method, const char* version, const char* upload,
                                 std::size_t* upload_size, void** request_context);
    static void on_connection(void* context, MHD_Connection* connection, void** socket_context,
                              MHD_ConnectionNotificationCode event);
    static void on_answered(void* context, MHD_Connection* connection, void** request_context,
                            MHD_RequestTerminationCode how);
    MHD_Result answer(MHD_Connection* connection, const HttpRequest& request);

    Listener listener_;
    const Router& router_;
    HttpLimits limits_;
    ConnectionTable connections_;
    UniqueFd left_;  // the daemon's socket once it takes no more; its thread may still look at it
    DaemonPtr daemon_;  // last: its thread uses what stands above
};

std::optional<Error> HttpServer::Endpoint::start() {
    const BlockedSignals no_signals;
    // The daemon closes the socket that it is given when it stops; where it fails to start, not on
    // every path. It gets a duplicate, so that ours is closed once, here and nowhere else.
    const int socket = ::fcntl(listener_.socket.get(), F_DUPFD_CLOEXEC, 0);
    if (socket < 0) return errno_error(errno, "listen on " + to_text(address()));
    errno = 0;
    daemon_.reset(MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, &Endpoint::on_request,
        this, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT, limits_.connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_.connection_bytes, MHD_OPTION_CONNECTION_TIMEOUT,
        static_cast<unsigned>(limits_.idle.count()), MHD_OPTION_NOTIFY_CONNECTION,
        &Endpoint::on_connection, this, MHD_OPTION_NOTIFY_COMPLETED, &Endpoint::on_answered, this,
        MHD_OPTION_END));
    const int number = errno;
    if (daemon_) return std::nullopt;
    return errno_error(number, "listen on " + to_text(address()) + ": start the server thread");
}

MHD_Result HttpServer::Endpoint::on_request(void* context, MHD_Connection* connection,
                                            const char* url, const char* method, const char*,
                                            const char*, std::size_t* upload_size,
                                            void** request_context) {
    auto& endpoint = *static_cast<Endpoint*>(context);
    const std::string_view verb(method);
    const bool bodiless = verb == "GET" || verb == "HEAD";
    // An answer before the whole request was read costs the connection, so GET and HEAD wait for
    // the second call; other methods are refused before their body arrives.
    if (*request_context == nullptr && bodiless) {
        *request_context = context;
        return MHD_YES;
    }
    if (bodiless && *upload_size != 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    try {
        return endpoint.answer(connection, {verb, url, accept_encoding(connection)});
    } catch (const std::exception& error) {
        endpoint.router_.report(std::string("request dropped: ") + error.what());
        return MHD_NO;
    }
}

MHD_Result HttpServer::Endpoint::answer(MHD_Connection* connection, const HttpRequest& request) {
    if (auto* known = known_connection(connection))
        connections_.asked(*known, ConnectionTable::Clock::now());
    HttpReply reply = router_.answer(request);
    const bool streamed = reply.stream != nullptr;
    const ResponsePtr response = body_response(reply, router_, limits_.connection_bytes);
    if (!response) return MHD_NO;
    if (streamed && request.method == "HEAD") {
        // libmicrohttpd 0.9.75 ends the chunked body that a HEAD does not have; unchunked, the
        // answer ends with the connection.
        MHD_set_response_options(response.get(), MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    for (const auto& [name, value] : reply.headers) {
        MHD_add_response_header(response.get(), name, value);
    }
    return MHD_queue_response(connection, reply.status, response.get());
}

void HttpServer::Endpoint::on_answered(void* context, MHD_Connection* connection, void**,
                                       MHD_RequestTerminationCode) {
    auto* known = known_connection(connection);
    if (known != nullptr) static_cast<Endpoint*>(context)->connections_.answered(*known);
}

void HttpServer::Endpoint::on_connection(void* context, MHD_Connection* connection,
                                         void** socket_context,
                                         MHD_ConnectionNotificationCode event) {
    ConnectionTable& connections = static_cast<Endpoint*>(context)->connections_;
    if (event == MHD_CONNECTION_NOTIFY_CLOSED) {
        auto* closed = static_cast<ConnectionTable::Connection*>(*socket_context);
        if (closed != nullptr) connections.closed(*closed);
        return;
    }
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return;
    try {
        *socket_context = connections.opened(info->connect_fd, ConnectionTable::Clock::now());
    } catch (const std::bad_alloc&) {
        *socket_context = nullptr;  // served all the same, but never hung up on
    }
}

HttpServer::HttpServer() = default;
HttpServer::HttpServer(HttpServer&&) noexcept = default;

HttpServer::~HttpServer() {
    stop();
}

Result<HttpServer> HttpServer::start(const std::vector<HttpAddress>& addresses,
                                     HttpHandlers handlers, const HttpLimits& limits) {
    std::vector<Listener> listeners;
    for (const HttpAddress& address : addresses) {
        Result<Listener> listener = open_listener(address);
        if (!listener) return fail(listener.error());
        listeners.push_back(std::move(*listener));
    }
    return serve(std::move(listeners), std::move(handlers), limits);
}

Result<HttpServer> HttpServer::serve(std::vector<Listener> listeners, HttpHandlers handlers,
                                     const HttpLimits& limits) {
    HttpServer server;
    server.router_ = std::make_unique<Router>(std::move(handlers), limits.scrapes);
    for (Listener& listener : listeners)
        server.endpoints_.push_back(
            std::make_unique<Endpoint>(std::move(listener), *server.router_, limits));
    for (const auto& endpoint : server.endpoints_) {
        if (std::optional<Error> error = endpoint->start()) return fail(std::move(*error));
    }
    return server;
}

std::vector<HttpAddress> HttpServer::addresses() const {
    std::vector<HttpAddress> bound;
    for (const auto& endpoint : endpoints_)
        bound.push_back(endpoint->address());
    return bound;
}

void HttpServer::stop() {
    if (endpoints_.empty()) return;
    for (const auto& endpoint : endpoints_)
        endpoint->take_no_more();
    const auto asked = [](const auto& endpoint) { return endpoint->is_asked(); };
    const auto end = std::chrono::steady_clock::now() + kStopPatience;
    // One pause at least: a thread may be about to take a client.
    do
        std::this_thread::sleep_for(kStopPause);
    while (std::any_of(endpoints_.begin(), endpoints_.end(), asked) &&
           std::chrono::steady_clock::now() < end);
    endpoints_.clear();
}

}  // namespace vfswatchd
