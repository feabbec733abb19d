// SPDX-License-Identifier: Apache-2.0
#include "live/standard_streams.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace vfswatchd {
namespace {

// What poll(2) calls writable takes so much without waiting: a pipe PIPE_BUF, a terminal less than
// that, but some.
constexpr std::size_t kPieceBytes = 512;
// What is written after the end was asked for gives the terminal back, if it takes it.
constexpr int kLastWaitMs = 300;

/// A terminal that is gone is EIO, a pipe without a reader EPIPE.
bool is_closed(int number) {
    return number == EPIPE || number == EIO;
}

}  // namespace

Result<bool> write_out(std::string_view text, Signals& signals) {
    while (!text.empty()) {
        std::array<pollfd, 2> waits = {
            {{STDOUT_FILENO, POLLOUT, 0}, {signals.descriptor(), POLLIN, 0}}};
        const int ready = ::poll(waits.data(), waits.size(), signals.end() ? kLastWaitMs : -1);
        if (ready < 0 && errno != EINTR) return fail(errno_error(errno, "poll"));
        if (ready == 0) return false;
        signals.collect();
        if (ready < 0 || waits[0].revents == 0) continue;
        const ssize_t written =
            ::write(STDOUT_FILENO, text.data(), std::min(text.size(), kPieceBytes));
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (is_closed(errno))
            return false;
        else if (errno != EINTR && errno != EAGAIN)
            return fail(errno_error(errno, "write"));
    }
    return true;
}

bool is_read() {
    pollfd wait = {STDOUT_FILENO, 0, 0};
    return ::poll(&wait, 1, 0) <= 0 || (wait.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

bool has_input() {
    pollfd wait = {STDIN_FILENO, POLLIN, 0};
    return ::poll(&wait, 1, 0) > 0;
}

}  // namespace vfswatchd
