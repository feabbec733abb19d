// SPDX-License-Identifier: Apache-2.0
#include "http/endpoint.h"

#include <fcntl.h>
#include <gnutls/abstract.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/blocked_signals.h"

namespace vfswatchd {
namespace {

using Verdict = PasswordChecker::Verdict;

struct DestroyResponse {
    void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
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

/// Every value of one header or argument, in the order of the request.
struct Values {
    std::string_view name;
    std::vector<std::string> found;
};

MHD_Result append_value(void* context, MHD_ValueKind kind, const char* name, const char* value) {
    auto& values = *static_cast<Values*>(context);
    if (value == nullptr) return MHD_YES;
    const bool same =
        kind == MHD_HEADER_KIND ? ::strcasecmp(name, values.name.data()) == 0 : values.name == name;
    if (same) values.found.emplace_back(value);
    return MHD_YES;
}

/// `name` is a literal.
std::vector<std::string> values_of(MHD_Connection* connection, MHD_ValueKind kind,
                                   std::string_view name) {
    Values values{name, {}};
    MHD_get_connection_values(connection, kind, append_value, &values);
    return std::move(values.found);
}

std::string joined(const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values)
        text += (text.empty() ? "" : ",") + value;
    return text;
}

/// Absent: none that can be read. Two of them could be read in two ways.
std::optional<BasicCredentials> credentials_of(MHD_Connection* connection) {
    const auto found = values_of(connection, MHD_HEADER_KIND, "Authorization");
    if (found.size() != 1) return std::nullopt;
    return parse_basic_auth(found.front());
}

bool is_bodiless(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

/// nullptr: there was no memory for it.
ConnectionTable::Connection* known_connection(MHD_Connection* connection) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info == nullptr) return nullptr;
    return static_cast<ConnectionTable::Connection*>(info->socket_context);
}

/// The library wants one. Each session is given its certificate before the handshake; one that was
/// not has none.
int no_certificate(gnutls_session_t, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*, int,
                   gnutls_pcert_st**, unsigned*, gnutls_privkey_t*) {
    return -1;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Percent-decoding in place. What stands for a NUL stays as it is written: a path or a name would
/// be taken for the part before it.
std::size_t unescape(void*, MHD_Connection*, char* text) {
    char* end = text;
    for (const char* from = text; *from != '\0'; ++end) {
        const int high = *from == '%' ? hex_value(from[1]) : -1;
        const int low = high < 0 ? -1 : hex_value(from[2]);
        const bool escaped = low >= 0 && high + low > 0;
        *end = escaped ? static_cast<char>(high * 16 + low) : *from;
        from += escaped ? 3 : 1;
    }
    *end = '\0';
    return static_cast<std::size_t>(end - text);
}

std::intptr_t option_of(unsigned long number) {
    return static_cast<std::intptr_t>(number);
}

}  // namespace

Endpoint::Endpoint(Listener listener, const Parts& parts, const HttpLimits& limits)
    : listener_(std::move(listener)),
      parts_(parts),
      limits_(limits),
      // A unix socket is guarded by its permissions.
      tls_(!listener_.address.is_unix && parts.access.get()->tls != nullptr),
      connections_(limits.connections - limits.connections / 4, limits.request) {}

std::optional<Error> Endpoint::start() {
    const BlockedSignals no_signals;
    // The daemon closes the socket that it is given when it stops; where it fails to start, not on
    // every path. It gets a duplicate, so that ours is closed once, here and nowhere else.
    const int socket = ::fcntl(listener_.socket.get(), F_DUPFD_CLOEXEC, 0);
    if (socket < 0) return errno_error(errno, "listen on " + to_text(address()));
    std::vector<MHD_OptionItem> options = {
        {MHD_OPTION_LISTEN_SOCKET, socket, nullptr},
        {MHD_OPTION_CONNECTION_LIMIT, option_of(limits_.connections), nullptr},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, option_of(limits_.connection_bytes), nullptr},
        {MHD_OPTION_CONNECTION_TIMEOUT, option_of(static_cast<unsigned long>(limits_.idle.count())),
         nullptr},
        {MHD_OPTION_UNESCAPE_CALLBACK, reinterpret_cast<std::intptr_t>(&unescape), nullptr},
        {MHD_OPTION_NOTIFY_CONNECTION, reinterpret_cast<std::intptr_t>(&Endpoint::on_connection),
         this},
        {MHD_OPTION_NOTIFY_COMPLETED, reinterpret_cast<std::intptr_t>(&Endpoint::on_answered),
         this}};
    if (tls_)
        options.push_back(
            {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, reinterpret_cast<void*>(&no_certificate)});
    options.push_back({MHD_OPTION_END, 0, nullptr});
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
                           (tls_ ? unsigned{MHD_USE_TLS} : 0U);
    errno = 0;
    daemon_.reset(MHD_start_daemon(flags, 0, nullptr, nullptr, &Endpoint::on_request, this,
                                   MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END));
    const int number = errno;
    if (daemon_) return std::nullopt;
    return errno_error(number, "listen on " + to_text(address()) + ": start the server thread");
}

void Endpoint::take_no_more() {
    if (daemon_ && !left_) left_.reset(MHD_quiesce_daemon(daemon_.get()));
}

MHD_Result Endpoint::on_request(void* context, MHD_Connection* connection, const char* url,
                                const char* method, const char*, const char*,
                                std::size_t* upload_size, void** request_context) {
    auto& endpoint = *static_cast<Endpoint*>(context);
    try {
        auto* exchange = static_cast<Exchange*>(*request_context);
        // An answer before the whole request was read costs the connection, so GET and HEAD wait
        // for the second call; other methods are refused before their body arrives.
        if (exchange == nullptr) {
            *request_context = exchange = std::make_unique<Exchange>().release();
            if (is_bodiless(method)) return MHD_YES;
        }
        if (is_bodiless(method) && *upload_size != 0) {
            *upload_size = 0;
            return MHD_YES;
        }
        if (auto* known = known_connection(connection))
            endpoint.connections_.asked(*known, ConnectionTable::Clock::now());
        return endpoint.judge_and_answer(connection, method, url, *exchange);
    } catch (const std::exception& error) {
        endpoint.parts_.router.report(std::string("request dropped: ") + error.what());
        return MHD_NO;
    }
}

MHD_Result Endpoint::judge_and_answer(MHD_Connection* connection, const char* method,
                                      const char* url, Exchange& exchange) {
    const std::shared_ptr<const Access> access = parts_.access.get();
    const bool head = std::string_view(method) == "HEAD";
    if (address().is_unix || access->users.empty()) return answer(connection, method, url, *access);
    const auto credentials = credentials_of(connection);
    if (!credentials) return send(connection, unauthorized_reply(), *access, head);
    if (!exchange.verdict) exchange.verdict = parts_.passwords.known(access->users, *credentials);
    if (!exchange.verdict) {
        // The library calls again once the verdict is there.
        MHD_suspend_connection(connection);
        parts_.passwords.try_out(access->users, *credentials,
                                 [connection, &exchange](Verdict verdict) {
                                     exchange.verdict = verdict;
                                     MHD_resume_connection(connection);
                                 });
        return MHD_YES;
    }
    switch (*exchange.verdict) {
        case Verdict::kGranted:
            return answer(connection, method, url, *access);
        case Verdict::kDenied:
            return send(connection, unauthorized_reply(), *access, head);
        case Verdict::kBusy:
            break;
    }
    return send(connection, busy_reply("too many passwords wait to be checked"), *access, head);
}

MHD_Result Endpoint::answer(MHD_Connection* connection, const char* method, const char* url,
                            const Access& access) {
    const std::string encodings = joined(values_of(connection, MHD_HEADER_KIND, "Accept-Encoding"));
    HttpReply reply = parts_.router.answer(
        {method, url, encodings, values_of(connection, MHD_GET_ARGUMENT_KIND, "target[]")});
    return send(connection, std::move(reply), access, std::string_view(method) == "HEAD");
}

MHD_Result Endpoint::send(MHD_Connection* connection, HttpReply reply, const Access& access,
                          bool head) {
    const bool streamed = reply.stream != nullptr;
    const ResponsePtr response = body_response(reply, parts_.router, limits_.connection_bytes);
    if (!response) return MHD_NO;
    if (streamed && head) {
        // libmicrohttpd 0.9.75 ends the chunked body that a HEAD does not have; unchunked, the
        // answer ends with the connection.
        MHD_set_response_options(response.get(), MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    for (const auto& [name, value] : reply.headers) {
        const bool replaced = std::any_of(access.headers.begin(), access.headers.end(),
                                          [name = name](const WebHeader& own) {
                                              return ::strcasecmp(own.name.c_str(), name) == 0;
                                          });
        if (!replaced) MHD_add_response_header(response.get(), name, value);
    }
    for (const WebHeader& header : access.headers)
        MHD_add_response_header(response.get(), header.name.c_str(), header.value.c_str());
    return MHD_queue_response(connection, reply.status, response.get());
}

void Endpoint::on_answered(void* context, MHD_Connection* connection, void** request_context,
                           MHD_RequestTerminationCode) {
    const std::unique_ptr<Exchange> ended(static_cast<Exchange*>(*request_context));
    *request_context = nullptr;
    auto* known = known_connection(connection);
    if (known != nullptr) static_cast<Endpoint*>(context)->connections_.answered(*known);
}

void Endpoint::on_connection(void* context, MHD_Connection* connection, void** socket_context,
                             MHD_ConnectionNotificationCode event) {
    auto& endpoint = *static_cast<Endpoint*>(context);
    if (event == MHD_CONNECTION_NOTIFY_STARTED) return endpoint.begin(connection, socket_context);
    auto* closed = static_cast<ConnectionTable::Connection*>(*socket_context);
    if (closed != nullptr) endpoint.connections_.closed(*closed);
}

void Endpoint::begin(MHD_Connection* connection, void** socket_context) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return;
    ConnectionTable::Connection* known = nullptr;
    try {
        known = connections_.opened(info->connect_fd, ConnectionTable::Clock::now());
    } catch (const std::bad_alloc&) {
        // Served all the same, but never hung up on; not over TLS, whose session needs it.
    }
    *socket_context = known;
    if (tls_ && known != nullptr) begin_tls(connection, known);
}

void Endpoint::begin_tls(MHD_Connection* connection, ConnectionTable::Connection* known) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const std::shared_ptr<const TlsContext> tls = parts_.access.get()->tls;
    if (info == nullptr || tls == nullptr) return;
    if (const auto done = tls->begin(static_cast<gnutls_session_t>(info->tls_session)); !done)
        parts_.router.report(done.error().message());
    known->keeps = tls;
}

}  // namespace vfswatchd
