// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "kernel/kept_objects.h"
#include "kernel/pins.h"
#include "service/control_lock.h"
#include "service/estate.h"
#include "service/state_file.h"

namespace vfswatchd {

/// Where a daemon that stops leaves what the next one goes on with.
struct PinnedPlaces {
    std::string pins = "/sys/fs/bpf/vfswatchd";  ///< in a bpffs
    std::string state_file = "/var/lib/vfswatchd/state";

    /// As the environment says where it says something: $STATE_DIRECTORY (systemd.exec(5)), and
    /// $VFSWATCHD_PIN_DIRECTORY, for the service's user does not come to the place above.
    [[nodiscard]] static PinnedPlaces of(
        const std::function<const char*(const char*)>& environment);
};

/// What a daemon leaves when it stops, for the next one of the same boot: pinned kernel objects,
/// and a file with the rest. The file is written last and removed first: without it the pins are of
/// no use.
/// Thread: one at a time.
class PinnedState {
  public:
    /// Only who has the lock may touch any of it; the lock outlives this.
    PinnedState(const ControlLock& lock, const PinnedPlaces& places, std::string boot);

    /// Makes the directory of pins where it can. Errors: nothing could be pinned there.
    [[nodiscard]] Result<void> prepare() const { return pins_.prepare(); }

    /// In place of what is there; all of it, or nothing.
    /// Errors: with the object that cannot be pinned. Nothing is there then.
    [[nodiscard]] Result<void> leave(const ObjectsToKeep& objects, const std::string& state) const;

    /// What is there, which stays there. Absent: nothing, or of another boot.
    /// Errors: it is of no use.
    [[nodiscard]] Result<std::optional<Estate>> find() const;

    struct Cleared {
        std::size_t pins;
        bool state_file;
    };
    /// Removes what is there, of any boot.
    /// Errors: some of it is still there.
    [[nodiscard]] Result<Cleared> clear() const;

  private:
    Pins pins_;
    StateFile file_;
};

/// Names the boot that this process lives in.
[[nodiscard]] Result<std::string> this_boot();

}  // namespace vfswatchd
