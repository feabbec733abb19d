// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "service/control_lock.h"
#include "service/loop.h"
#include "service/reload_outcome.h"

namespace vfswatchd {

/// What one client may take.
struct ControlLimits {
    /// More of them wait until one has left.
    std::size_t clients = 16;
    /// Until its request is there, and again until it has taken the answer. The time for which
    /// the loop is busy with a reload does not count.
    std::chrono::milliseconds patience{5000};
};

/// Where a daemon's control socket belongs. `given`: $RUNTIME_DIRECTORY.
[[nodiscard]] std::string control_directory(const char* given);

/// Why there is no control socket.
struct ControlRefusal {
    bool runs_already;  ///< another daemon has the directory: this one must not start
    Error error;
};

/// The daemon's end of the control socket (control_protocol.h), for its own user and root only.
/// Its clients never keep the loop waiting.
/// Thread: the loop's.
class ControlServer {
  public:
    using OnReload = std::function<ReloadOutcome()>;

    /// Listens in `directory`, which it makes where it is not there; a socket that a daemon left
    /// behind is replaced. `on_reload` runs on the loop and may take its time; the clients wait.
    /// The loop outlives the server.
    [[nodiscard]] static tl::expected<std::unique_ptr<ControlServer>, ControlRefusal> start(
        Loop& loop, const std::string& directory, OnReload on_reload, ControlLimits limits = {});

    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;
    /// Removes the socket. Clients that wait are hung up on.
    ~ControlServer();

    /// By which this is the only daemon.
    [[nodiscard]] const ControlLock& lock() const { return lock_; }

  private:
    struct Client;
    using ClientPlace = std::list<Client>::iterator;

    ControlServer(Loop& loop, ControlLock lock, OnReload on_reload, ControlLimits limits);
    [[nodiscard]] Result<void> listen(const std::string& path);
    void accept_client();
    void rest_from_accepting();
    void accept_again();
    [[nodiscard]] Result<void> watch_client(ClientPlace client);
    [[nodiscard]] Result<void> give_time(ClientPlace client);
    void hang_up(ClientPlace client);
    void on_ready(ClientPlace client);
    void on_deadline(ClientPlace client);
    void answer(ClientPlace client);
    [[nodiscard]] ReloadOutcome outcome_of(const std::string& request);
    void send_more(ClientPlace client);

    Loop& loop_;
    ControlLock lock_;
    OnReload on_reload_;
    ControlLimits limits_;
    std::string path_;  ///< empty: nothing is there yet
    // Sources end before their descriptors.
    UniqueFd socket_;
    std::unique_ptr<Loop::Source> accepting_;
    std::unique_ptr<Loop::Source> rest_;
    std::list<Client> clients_;
};

}  // namespace vfswatchd
