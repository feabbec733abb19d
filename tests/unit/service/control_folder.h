// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "service/control_protocol.h"

namespace vfswatchd {

/// A folder of its own for a daemon's control socket, gone at the end.
class ControlFolder {
  public:
    ControlFolder() {
        std::string name = std::filesystem::temp_directory_path() / "controlXXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        // Who may not use the socket may see it.
        std::filesystem::permissions(folder_, std::filesystem::perms(0711));
    }
    ControlFolder(const ControlFolder&) = delete;
    ControlFolder& operator=(const ControlFolder&) = delete;
    ~ControlFolder() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return folder_; }
    /// One that is not there yet.
    [[nodiscard]] std::string directory() const { return folder_ / "run"; }
    [[nodiscard]] std::string socket() const { return directory() + "/" + kControlSocketName; }

  private:
    std::filesystem::path folder_;
};

/// A client that knows no more than the protocol. Gives up after 20 seconds of silence.
class RawControlClient {
  public:
    RawControlClient() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{20, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    explicit RawControlClient(const std::string& path) : RawControlClient() {
        EXPECT_TRUE(connect(path));
    }

    [[nodiscard]] bool connect(const std::string& path) {
        const auto address = control_address(path);
        return address && ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&*address),
                                    sizeof(*address)) == 0;
    }

    void send(const std::string& text) {
        EXPECT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }

    /// Whatever is there now.
    [[nodiscard]] std::string received() { return receive(MSG_DONTWAIT); }

    /// Until the server hangs up; with a mark behind it where it does not.
    [[nodiscard]] std::string receive_all() {
        const std::string text = receive(0);
        return hung_up_ ? text : text + " [no end]";
    }

    void leave() { socket_.reset(); }

  private:
    std::string receive(int flags) {
        std::string text;
        std::array<char, 4096> bytes;
        while (true) {
            const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), flags);
            if (got > 0) text.append(bytes.data(), static_cast<std::size_t>(got));
            // Reset: it has left while something of ours was not looked at.
            hung_up_ = got == 0 || (got < 0 && errno == ECONNRESET);
            if (got <= 0) return text;
        }
    }

    UniqueFd socket_;
    bool hung_up_ = false;
};

}  // namespace vfswatchd
