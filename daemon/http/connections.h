// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

namespace vfswatchd {

/// The open connections of one listener, the one that asked longest ago first. Keeps a place free
/// for whoever comes next: clients that hold a connection and ask for nothing, or read their
/// answer forever, are hung up on when others need the place.
/// Ownership: the sockets are the HTTP library's; this class only shuts them down, upon which the
/// library closes them and says so with closed().
/// Thread: the listener's thread, but where it says any.
class ConnectionTable {
  public:
    using Clock = std::chrono::steady_clock;
    struct Connection {
        int socket = -1;
        Clock::time_point asked;
        bool hung_up = false;
        bool waits = true;                             ///< its client has no whole answer yet
        std::shared_ptr<const void> outlives_session;  ///< what that uses
        std::list<Connection>::iterator self;
    };

    /// More than `roomy` connections, or a request older than `request_time`: hang up.
    ConnectionTable(std::size_t roomy, Clock::duration request_time)
        : roomy_(roomy), request_time_(request_time) {}

    /// The connection stays where it is until it is given to closed().
    Connection* opened(int socket, Clock::time_point now);
    void asked(Connection& connection, Clock::time_point now);
    void answered(Connection& connection);
    void closed(Connection& connection);

    /// Clients that wait for the rest of an answer, or may be about to ask for the first one.
    /// Thread: any.
    [[nodiscard]] std::size_t waiting() const { return waiting_; }

  private:
    void make_room(Clock::time_point now);
    void set_waits(Connection& connection, bool waits);

    std::list<Connection> connections_;
    std::size_t alive_ = 0;
    std::atomic<std::size_t> waiting_{0};
    std::size_t roomy_;
    Clock::duration request_time_;
};

}  // namespace vfswatchd
