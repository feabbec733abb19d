// SPDX-License-Identifier: Apache-2.0
#include "http/connections.h"

#include <sys/socket.h>

namespace vfswatchd {

ConnectionTable::Connection* ConnectionTable::opened(int socket, Clock::time_point now) {
    const auto self =
        connections_.insert(connections_.end(), {socket, now, false, true, nullptr, {}});
    self->self = self;
    ++alive_;
    ++waiting_;
    make_room(now);
    return &*self;
}

void ConnectionTable::asked(Connection& connection, Clock::time_point now) {
    connection.asked = now;
    set_waits(connection, true);
    connections_.splice(connections_.end(), connections_, connection.self);
    make_room(now);
}

void ConnectionTable::answered(Connection& connection) {
    set_waits(connection, false);
}

void ConnectionTable::closed(Connection& connection) {
    set_waits(connection, false);
    if (!connection.hung_up) --alive_;
    connections_.erase(connection.self);
}

void ConnectionTable::set_waits(Connection& connection, bool waits) {
    if (connection.waits == waits) return;
    connection.waits = waits;
    if (waits)
        ++waiting_;
    else
        --waiting_;
}

void ConnectionTable::make_room(Clock::time_point now) {
    for (Connection& connection : connections_) {
        if (connection.hung_up) continue;
        if (alive_ <= roomy_ && now - connection.asked <= request_time_) return;
        ::shutdown(connection.socket, SHUT_RDWR);
        connection.hung_up = true;
        --alive_;
    }
}

}  // namespace vfswatchd
