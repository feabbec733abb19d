// SPDX-License-Identifier: Apache-2.0
#include "service/pinned_state.h"

#include <systemd/sd-id128.h>

#include <array>
#include <cassert>
#include <utility>
#include <vector>

#include "service/directories.h"

namespace vfswatchd {

PinnedPlaces PinnedPlaces::of(const std::function<const char*(const char*)>& environment) {
    PinnedPlaces places;
    if (const char* pins = environment("VFSWATCHD_PIN_DIRECTORY")) places.pins = pins;
    places.state_file =
        first_directory(environment("STATE_DIRECTORY"), "/var/lib/vfswatchd") + "/state";
    return places;
}

PinnedState::PinnedState(const ControlLock& lock, const PinnedPlaces& places, std::string boot)
    : pins_(places.pins), file_(places.state_file, std::move(boot)) {
    assert(!lock.holder());
    (void)lock;
}

Result<void> PinnedState::leave(const ObjectsToKeep& objects, const std::string& state) const {
    if (auto cleared = clear(); !cleared) return fail(cleared.error());
    if (auto done = pins_.make(objects); !done) return done;
    StoppedState stopped{{}, state};
    for (const auto& [name, fd] : objects)
        stopped.objects.push_back(name);
    auto done = file_.write(stopped);
    if (!done) (void)pins_.remove();
    return done;
}

Result<std::optional<Estate>> PinnedState::find() const {
    auto stopped = file_.read();
    if (!stopped) return fail(stopped.error());
    if (!*stopped) {
        const auto pins = pins_.count();
        if (!pins) return fail(pins.error());
        if (*pins == 0) return std::nullopt;
        return fail(
            plain_error(std::to_string(*pins) + " pins without " + file_.path() + " of this boot"));
    }
    auto objects = pins_.open((*stopped)->objects);
    if (!objects) return fail(objects.error());
    return Estate{std::move((*stopped)->state), std::move(*objects), {}};
}

Result<PinnedState::Cleared> PinnedState::clear() const {
    // Whoever may not remove the pins does nothing: they are of no use without the file.
    if (const auto pins = pins_.count(); !pins) return fail(pins.error());
    const auto state_file = file_.remove();
    if (!state_file) return fail(state_file.error());
    const auto pins = pins_.remove();
    if (!pins) return fail(pins.error());
    return Cleared{*pins, *state_file};
}

Result<std::string> this_boot() {
    sd_id128_t boot{};
    if (const int result = sd_id128_get_boot(&boot); result < 0)
        return fail(negative_errno_error(result, "find out which boot this is"));
    std::array<char, SD_ID128_STRING_MAX> text{};
    return sd_id128_to_string(boot, text.data());
}

}  // namespace vfswatchd
