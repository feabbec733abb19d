// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/unique_fd.h"
#include "http/access.h"
#include "http/connections.h"
#include "http/limits.h"
#include "http/listener.h"
#include "http/password_checker.h"
#include "http/router.h"

namespace vfswatchd {

/// One address with the thread that serves it.
/// Thread: one; is_asked() any.
class Endpoint {
  public:
    /// What all endpoints share; it outlives them.
    struct Shared {
        Router& router;
        const CurrentAccess& access;
        PasswordChecker& passwords;
    };

    Endpoint(Listener listener, const Shared& shared, const HttpLimits& limits);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;
    ~Endpoint() = default;

    [[nodiscard]] std::optional<Error> start();
    [[nodiscard]] const HttpAddress& address() const { return listener_.address; }
    [[nodiscard]] bool speaks_tls() const { return tls_; }

    /// Leaves who comes from now on in the socket's queue. Who is connected and asks once more is
    /// answered, and told to come anew.
    void take_no_more();
    /// Is there a client that was taken and has no whole answer yet?
    [[nodiscard]] bool is_asked() const { return connections_.waiting() > 0; }

  private:
    /// One request between the library's calls for it.
    struct Exchange {
        std::shared_ptr<const Access> access;  ///< that the verdict is of
        std::optional<PasswordChecker::Verdict> verdict;
    };
    struct StopDaemon {
        void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
    };

    static MHD_Result on_request(void* context, MHD_Connection* connection, const char* url,
                                 const char* method, const char* version, const char* upload,
                                 std::size_t* upload_size, void** request_context);
    static void on_connection(void* context, MHD_Connection* connection, void** socket_context,
                              MHD_ConnectionNotificationCode event);
    static void on_answered(void* context, MHD_Connection* connection, void** request_context,
                            MHD_RequestTerminationCode how);
    void begin(MHD_Connection* connection, void** socket_context);
    void begin_tls(MHD_Connection* connection, ConnectionTable::Connection& known);
    MHD_Result judge_and_answer(MHD_Connection* connection, const char* method, const char* url,
                                Exchange& exchange);
    MHD_Result answer(MHD_Connection* connection, const char* method, const char* url,
                      const Access& access);
    MHD_Result send(MHD_Connection* connection, HttpReply reply, const Access& access, bool head);

    Listener listener_;
    Shared shared_;
    HttpLimits limits_;
    bool guarded_;  ///< by the socket's permissions: neither TLS nor passwords
    bool tls_;
    ConnectionTable connections_;
    std::atomic<bool> takes_no_more_ = false;
    UniqueFd left_;  // the daemon's socket once it takes no more; its thread may still look at it
    std::unique_ptr<MHD_Daemon, StopDaemon> daemon_;  // last: its thread uses what stands above
};

}  // namespace vfswatchd
