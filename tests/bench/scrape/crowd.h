// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace vfswatchd::bench {

/// Clients that hold on to their places while it lives: some say nothing, some a byte in a second.
/// Once in a second who was hung up on comes again.
class Crowd {
  public:
    struct Size {
        std::size_t half_open = 0;
        std::size_t dripping = 0;
    };

    /// Errors: throws std::runtime_error where so many descriptors are not to be had.
    Crowd(std::uint16_t port, Size size);
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd();

    [[nodiscard]] std::size_t came_again() const { return came_again_; }

  private:
    void hold();
    [[nodiscard]] UniqueFd connect() const;
    void connect_again();
    void say(std::string_view byte) const;

    std::uint16_t port_;
    Size size_;
    std::vector<UniqueFd> clients_;  ///< the dripping ones first
    std::atomic<std::size_t> came_again_ = 0;
    std::atomic<bool> told_to_end_ = false;
    std::thread thread_;  // last: it uses what stands above
};

}  // namespace vfswatchd::bench
