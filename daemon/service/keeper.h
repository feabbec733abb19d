// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/kept_objects.h"
#include "service/estate.h"
#include "service/kept_file.h"
#include "service/passed_fds.h"

namespace vfswatchd {

/// Keeps what has to outlive this process in systemd's descriptor store: the kernel's objects, the
/// state of the series, and names that the kernel has announced since that was saved. The store
/// lives as long as the service restarts, whatever ends the process, and is emptied when the
/// service is stopped. Source: sd_pid_notify_with_fds(3), systemd.service(5)
/// FileDescriptorStoreMax=. Thread: one at a time, but where it says any.
class Keeper {
  public:
    /// Takes what an earlier process of the service left, as it was handed over. nullptr: nobody
    /// would keep anything.
    [[nodiscard]] static std::unique_ptr<Keeper> take_over(std::vector<PassedFd> kept);

    /// Hands over what was left; it stays in the store. Absent: nothing was, or not all of it.
    [[nodiscard]] std::optional<Estate> take_estate();

    /// For when what was left is of no use: it leaves the store and the kernel.
    void forget();

    /// These are to be kept, with this state; what else was kept is not any more. The state is kept
    /// whole or the one before is.
    [[nodiscard]] Result<void> keep(const ObjectsToKeep& objects, const std::string& state,
                                    std::uint64_t names_bytes);
    /// A later state, of the same objects. `names_bytes`: names that were kept up to there are in
    /// it.
    [[nodiscard]] Result<void> save(const std::string& state, std::uint64_t names_bytes);

    /// A name that the kernel has announced, and will not again.
    /// Thread: any.
    void keep_name(std::span<const std::byte> record);
    /// How much was kept of names so far, for save().
    /// Thread: any.
    [[nodiscard]] std::uint64_t names_bytes();

  private:
    Keeper() = default;
    [[nodiscard]] std::optional<std::string> saved() const;
    [[nodiscard]] std::vector<std::string> names() const;
    void take(const std::string& name, UniqueFd fd);
    [[nodiscard]] Result<void> make_files();
    [[nodiscard]] Result<void> put(const std::string& name, int fd);
    void remove(const std::string& name);

    KeptObjects objects_;                            ///< until they are handed over
    std::set<std::string> stored_;                   ///< names of the objects that systemd holds
    std::array<std::optional<KeptFile>, 2> states_;  ///< written in turn
    std::mutex names_mutex_;                         ///< over names_, once it is there
    std::optional<KeptFile> names_;
    bool files_stored_ = false;
};

}  // namespace vfswatchd
