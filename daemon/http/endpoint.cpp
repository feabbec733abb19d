// SPDX-License-Identifier: Apache-2.0
#include "http/endpoint.h"

#include <fcntl.h>
#include <gnutls/abstract.h>

#include <cerrno>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/blocked_signals.h"
#include "http/mhd_request.h"
#include "http/mhd_response.h"

namespace vfswatchd {
namespace {

using Verdict = PasswordChecker::Verdict;

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

std::intptr_t option_of(unsigned long number) {
    return static_cast<std::intptr_t>(number);
}

}  // namespace

Endpoint::Endpoint(Listener listener, const Shared& shared, const HttpLimits& limits)
    : listener_(std::move(listener)),
      shared_(shared),
      limits_(limits),
      guarded_(is_guarded(listener_.address)),
      tls_(!guarded_ && shared.access.get()->tls != nullptr),
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
    // With epoll libmicrohttpd 0.9.75 turns without a pause while a handshake waits for its client;
    // with poll it takes one new client a turn, and is slow where many come.
    const unsigned waits =
        tls_ ? MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS : unsigned{MHD_USE_EPOLL_INTERNAL_THREAD};
    const unsigned flags = waits | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;
    errno = 0;
    daemon_.reset(MHD_start_daemon(flags, 0, nullptr, nullptr, &Endpoint::on_request, this,
                                   MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END));
    const int number = errno;
    if (daemon_) return std::nullopt;
    const std::string what = "listen on " + to_text(address()) + ": start the server thread";
    return number != 0 ? errno_error(number, what) : plain_error(what + ": libmicrohttpd refuses");
}

void Endpoint::take_no_more() {
    takes_no_more_ = true;
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
        endpoint.shared_.router.report("request dropped", error.what());
        return MHD_NO;
    }
}

MHD_Result Endpoint::judge_and_answer(MHD_Connection* connection, const char* method,
                                      const char* url, Exchange& exchange) {
    const std::shared_ptr<const Access> access = shared_.access.get();
    const bool head = std::string_view(method) == "HEAD";
    if (guarded_ || access->users.empty()) return answer(connection, method, url, *access);
    const auto credentials = credentials_of(connection);
    if (!credentials) return send(connection, unauthorized_reply(), *access, head);
    // What was said by another access does not hold any more.
    if (exchange.access != access) exchange = {access, {}};
    if (!exchange.verdict) exchange.verdict = shared_.passwords.known(access->users, *credentials);
    if (!exchange.verdict) {
        // The library calls again once the verdict is there.
        MHD_suspend_connection(connection);
        shared_.passwords.try_out(access->users, *credentials,
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
    const std::string encodings = header_of(connection, "Accept-Encoding");
    HttpReply reply = shared_.router.answer(
        {method, url, encodings, values_of(connection, MHD_GET_ARGUMENT_KIND, "target[]")});
    return send(connection, std::move(reply), access, std::string_view(method) == "HEAD");
}

MHD_Result Endpoint::send(MHD_Connection* connection, HttpReply reply, const Access& access,
                          bool head) {
    const unsigned status = reply.status;
    const ResponsePtr response = make_response(std::move(reply), access.headers, shared_.router,
                                               limits_.connection_bytes, head);
    if (!response) return MHD_NO;
    // A kept connection that asks again and again would be ended in the middle of an answer.
    if (takes_no_more_) MHD_add_response_header(response.get(), "Connection", "close");
    return MHD_queue_response(connection, status, response.get());
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
    if (event == MHD_CONNECTION_NOTIFY_CLOSED) {
        auto* closed = static_cast<ConnectionTable::Connection*>(*socket_context);
        if (closed != nullptr) endpoint.connections_.closed(*closed);
        return;
    }
    try {
        endpoint.begin(connection, socket_context);
    } catch (const std::exception& error) {
        // In plain HTTP it is served all the same, but never hung up on. A session of TLS has no
        // certificate then.
        endpoint.shared_.router.report("new connection", error.what());
    }
}

void Endpoint::begin(MHD_Connection* connection, void** socket_context) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return;
    auto* known = connections_.opened(info->connect_fd, ConnectionTable::Clock::now());
    *socket_context = known;
    if (tls_) begin_tls(connection, *known);
}

void Endpoint::begin_tls(MHD_Connection* connection, ConnectionTable::Connection& known) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    const std::shared_ptr<const TlsContext> tls = shared_.access.get()->tls;
    if (info == nullptr || tls == nullptr) return;
    known.outlives_session = tls;
    if (const auto done = tls->begin(static_cast<gnutls_session_t>(info->tls_session)); !done)
        shared_.router.report("new connection", done.error().message());
}

}  // namespace vfswatchd
