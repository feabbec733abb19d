// SPDX-License-Identifier: Apache-2.0
#include "service/unpin_command.h"

#include <cstdio>
#include <system_error>

#include "service/control_lock.h"

namespace vfswatchd {
namespace {

ExitCode complain(ExitCode code, const std::string& text) {
    std::fprintf(stderr, "vfswatchctl: %s\n", text.c_str());
    return code;
}

ExitCode complain(const Error& error) {
    if (error.code == std::errc::permission_denied ||
        error.code == std::errc::operation_not_permitted)
        return complain(ExitCode::kPermission,
                        error.message() + "; run it as root: sudo vfswatchctl unpin");
    return complain(ExitCode::kUnavailable, error.message());
}

ExitCode refuse(pid_t daemon) {
    const std::string number = daemon == 0 ? "" : " as process " + std::to_string(daemon);
    return complain(
        ExitCode::kUnavailable,
        "vfswatchd runs" + number + ": stop it first: systemctl stop vfswatchd.socket vfswatchd");
}

void tell(const PinnedState::Cleared& cleared, const PinnedPlaces& places) {
    if (cleared.pins == 0 && !cleared.state_file) {
        std::puts("Nothing was left by a stopped vfswatchd.");
        return;
    }
    if (cleared.pins != 0)
        std::printf("Removed %zu pinned objects from %s.\n", cleared.pins, places.pins.c_str());
    if (cleared.state_file) std::printf("Removed %s.\n", places.state_file.c_str());
}

}  // namespace

ExitCode unpin(const UnpinPlaces& places) {
    const auto lock = ControlLock::take(places.control_directory);
    if (!lock) return complain(lock.error());
    if (const auto daemon = lock->holder()) return refuse(*daemon);
    // Of any boot.
    const auto cleared = PinnedState(*lock, places.pinned, "").clear();
    if (!cleared) return complain(cleared.error());
    tell(*cleared, places.pinned);
    return ExitCode::kOk;
}

}  // namespace vfswatchd
