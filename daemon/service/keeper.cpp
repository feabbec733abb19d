// SPDX-License-Identifier: Apache-2.0
#include "service/keeper.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/bytes.h"

namespace vfswatchd {
namespace {

constexpr std::array<const char*, 2> kStateNames = {"kept.state0", "kept.state1"};
constexpr const char* kNamesName = "kept.names";

/// Until systemd has taken what was sent before.
constexpr std::uint64_t kBarrierMicroseconds = 5'000'000;

}  // namespace

std::unique_ptr<Keeper> Keeper::take_over(std::vector<PassedFd> kept) {
    if (std::getenv("NOTIFY_SOCKET") == nullptr) return nullptr;
    std::unique_ptr<Keeper> keeper(new Keeper());
    for (PassedFd& one : kept)
        keeper->take(one.name, std::move(one.fd));
    return keeper;
}

void Keeper::take(const std::string& name, UniqueFd fd) {
    if (name == kNamesName) {
        names_.emplace(std::move(fd));
    } else if (const auto state = std::find(kStateNames.begin(), kStateNames.end(), name);
               state != kStateNames.end()) {
        states_.at(static_cast<std::size_t>(state - kStateNames.begin())).emplace(std::move(fd));
    } else {
        const std::string object = name.substr(kKeptPrefix.size());
        stored_.insert(object);
        objects_[object] = std::move(fd);
    }
    files_stored_ = names_ && states_[0] && states_[1];
}

std::optional<Estate> Keeper::take_estate() {
    auto state = saved();
    if (!state) return std::nullopt;
    return Estate{std::move(*state), std::move(objects_), names()};
}

/// As save() was given it last.
std::optional<std::string> Keeper::saved() const {
    if (!files_stored_) return std::nullopt;
    const bool first = states_[0]->sequence() > states_[1]->sequence();
    const KeptFile& newest = first ? *states_[0] : *states_[1];
    if (newest.sequence() == 0) return std::nullopt;
    const auto bytes = newest.read();
    return bytes ? std::optional(*bytes) : std::nullopt;
}

std::vector<std::string> Keeper::names() const {
    std::vector<std::string> records;
    const auto bytes = names_->read();
    if (!bytes) return records;
    ByteReader reader(*bytes);
    while (!reader.finished()) {
        std::string record = reader.get_text();
        if (reader.failed()) break;
        records.push_back(std::move(record));
    }
    return records;
}

void Keeper::forget() {
    objects_.clear();
    for (const std::string& name : stored_)
        remove(name);
    stored_.clear();
    states_ = {};
    names_.reset();
    // Whether or not all of them came to be stored.
    for (const char* name : {kStateNames[0], kStateNames[1], kNamesName})
        sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
    files_stored_ = false;
}

Result<void> Keeper::keep(const ObjectsToKeep& objects, const std::string& state,
                          std::uint64_t names_bytes) {
    if (auto done = make_files(); !done) return done;
    for (const auto& [name, fd] : objects) {
        if (stored_.count(name) != 0) continue;
        if (auto done = put(std::string(kKeptPrefix) + name, fd); !done) return done;
        stored_.insert(name);
    }
    if (auto done = save(state, names_bytes); !done) return done;
    // Behind the state: it names those that are to be there.
    for (auto name = stored_.begin(); name != stored_.end();) {
        if (objects.count(*name) != 0) {
            ++name;
            continue;
        }
        remove(*name);
        name = stored_.erase(name);
    }
    if (const int result = sd_notify_barrier(0, kBarrierMicroseconds); result < 0)
        return fail(negative_errno_error(result, "wait for systemd to keep descriptors"));
    return {};
}

Result<void> Keeper::make_files() {
    if (files_stored_) return {};
    for (std::size_t i = 0; i < states_.size(); i++) {
        auto file = KeptFile::create(kStateNames.at(i));
        if (!file) return fail(file.error());
        states_.at(i).emplace(std::move(*file));
        if (auto done = put(kStateNames.at(i), states_.at(i)->fd()); !done) return done;
    }
    auto names = KeptFile::create(kNamesName);
    if (!names) return fail(names.error());
    names_.emplace(std::move(*names));
    if (auto done = put(kNamesName, names_->fd()); !done) return done;
    files_stored_ = true;
    return {};
}

Result<void> Keeper::save(const std::string& state, std::uint64_t names_bytes) {
    const std::uint64_t sequence = std::max(states_[0]->sequence(), states_[1]->sequence()) + 1;
    KeptFile& older = states_[0]->sequence() <= states_[1]->sequence() ? *states_[0] : *states_[1];
    if (auto done = older.write(sequence, state); !done) return done;
    const std::lock_guard lock(names_mutex_);
    // Some came meanwhile: all of them stay, for a name may be told twice.
    if (names_->bytes() != names_bytes) return {};
    return names_->write(sequence, {});
}

void Keeper::keep_name(std::span<const std::byte> record) {
    ByteWriter writer;
    writer.put_text({reinterpret_cast<const char*>(record.data()), record.size()});
    const std::lock_guard lock(names_mutex_);
    // Without memory for it a crash costs this name; nothing else can be done here.
    (void)names_->append(writer.bytes());
}

std::uint64_t Keeper::names_bytes() {
    const std::lock_guard lock(names_mutex_);
    return names_ ? names_->bytes() : 0;
}

Result<void> Keeper::put(const std::string& name, int fd) {
    const std::string text = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + name;
    const int result = sd_pid_notify_with_fds(0, 0, text.c_str(), &fd, 1);
    if (result > 0) return {};
    return fail(negative_errno_error(result, "give systemd the descriptor " + name));
}

void Keeper::remove(const std::string& name) {
    sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s%s", std::string(kKeptPrefix).c_str(), name.c_str());
}

}  // namespace vfswatchd
