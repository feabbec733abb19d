// SPDX-License-Identifier: Apache-2.0
#include "kernel/tracefs_probe.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

namespace vfswatchd {
namespace {

constexpr const char* kDefinitions = "/sys/kernel/tracing/kprobe_events";
constexpr const char* kProfile = "/sys/kernel/tracing/kprobe_profile";
constexpr const char* kEvents = "/sys/kernel/tracing/events/vfswatchd/";
constexpr const char* kGroup = "vfswatchd/";

Result<void> write_definition(const std::string& text) {
    const UniqueFd file(open(kDefinitions, O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!file)
        return fail(errno_error(errno, std::string("open ") + kDefinitions +
                                           " (this method needs CAP_SYS_ADMIN and "
                                           "CAP_DAC_OVERRIDE, which the service has with the "
                                           "drop-in kprobe-method.conf: install it, or take "
                                           "another method, or auto)"));
    if (write(file.get(), text.data(), text.size()) < 0)
        return fail(errno_error(errno, "make the probe `" + text + "`"));
    return {};
}

Result<std::uint64_t> event_id(const std::string& name) {
    std::ifstream file(kEvents + name + "/id");
    std::uint64_t id = 0;
    if (!(file >> id)) return fail(errno_error(ENOENT, "read the id of the probe " + name));
    return id;
}

/// Others of this process may stand on the same function, and so may those of another process.
std::string unique_name(const std::string& probe) {
    static std::atomic<unsigned> count{0};
    return probe + "_" + std::to_string(getpid()) + "_" + std::to_string(count++);
}

/// What killed processes left. One that is in use the kernel does not remove.
void remove_leftovers() {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(kEvents, none)) {
        const std::string name = entry.path().filename();
        const auto last = name.rfind('_');
        const auto before = name.rfind('_', last - 1);
        if (last == std::string::npos || before == std::string::npos) continue;
        const std::string pid = name.substr(before + 1, last - before - 1);
        if (!std::filesystem::exists("/proc/" + pid, none))
            (void)write_definition(std::string("-:") + kGroup + name);
    }
}

UniqueFd open_event(std::uint64_t id) {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.size = sizeof(attributes);
    attributes.config = id;
    attributes.sample_period = 1;
    // Any task, on one CPU: a program attached to an event runs on all of them.
    return UniqueFd(static_cast<int>(
        syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

Result<TracefsProbe> TracefsProbe::make(Kind kind, const std::string& function) {
    const bool at_return = kind == Kind::kReturn;
    remove_leftovers();
    const std::string name = unique_name(function + (at_return ? "_return" : "_entry"));
    const std::string definition =
        std::string(at_return ? "r4096:" : "p:") + kGroup + name + " " + function;
    if (auto made = write_definition(definition); !made) return fail(made.error());
    TracefsProbe probe(name);
    const auto id = event_id(name);
    if (!id) return fail(id.error());
    probe.event_ = open_event(*id);
    if (!probe.event_) return fail(errno_error(errno, "open the event of the probe " + name));
    return probe;
}

TracefsProbe::TracefsProbe(TracefsProbe&& other) noexcept
    : name_(std::exchange(other.name_, "")), event_(std::move(other.event_)) {}

TracefsProbe::~TracefsProbe() {
    event_.reset();
    if (!name_.empty()) (void)write_definition(std::string("-:") + kGroup + name_);
}

std::uint64_t TracefsProbe::missed() const {
    std::ifstream file(kProfile);
    std::string name;
    std::uint64_t hits = 0;
    std::uint64_t missed = 0;
    while (file >> name >> hits >> missed)
        if (name == name_) return missed;
    return 0;
}

}  // namespace vfswatchd
