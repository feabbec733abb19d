// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "http/listener.h"

namespace vfswatchd {

/// What came back, as it stood on the wire.
struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;                            ///< chunks joined
    bool whole = false;                          ///< all that the headers promised, nothing more
};

/// A client that knows nothing of the server's library: a socket and the letters of HTTP.
class RawClient {
  public:
    explicit RawClient(const HttpAddress& address, int receive_buffer_bytes = 0);
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    virtual ~RawClient() = default;

    [[nodiscard]] bool connected() const { return static_cast<bool>(socket_); }
    virtual bool send(const std::string& text);
    /// Says that nothing follows.
    void finish_sending();
    /// Up to `bytes`, or what came before the end; gives up after 20 seconds of silence.
    std::string receive(std::size_t bytes);
    /// All until the server hangs up.
    std::string receive_all();
    /// Whether the server hung up within the time.
    bool hung_up_within(int milliseconds);
    /// One answer to a request that let the connection stay open.
    Answer receive_answer(bool head = false);

  protected:
    /// Adds what comes next; false at the end, on an error or on silence.
    virtual bool receive_some(std::string& into);
    [[nodiscard]] int socket() const { return socket_.get(); }

  private:
    UniqueFd socket_;
    std::string pending_;
};

/// `GET /healthz`, with headers as `Name: value\r\n` lines; asks the server to hang up.
std::string request_text(const std::string& method, const std::string& target,
                         const std::string& headers = "");

/// One request on a connection of its own.
Answer ask(const HttpAddress& address, const std::string& method, const std::string& target,
           const std::string& headers = "");

}  // namespace vfswatchd
