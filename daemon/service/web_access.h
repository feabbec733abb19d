// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/access.h"
#include "http/server.h"
#include "service/log.h"

namespace vfswatchd {

/// What tells one state of a file from another; all 0: there is none.
struct FileStamp {
    std::string file;
    ::dev_t device = 0;
    ::ino_t inode = 0;
    ::off_t size = 0;
    std::int64_t written_ns = 0;
    std::int64_t changed_ns = 0;

    [[nodiscard]] bool operator==(const FileStamp&) const = default;
};

/// A web config file and the files that it names, as they were read.
struct WebReading {
    std::string file;                 ///< empty: there is none, and everybody is served plain HTTP
    std::vector<std::string> faults;  ///< a line each; empty: the access is good
    std::vector<FileStamp> stamps;    ///< taken before each file was read
    Access access;
};

[[nodiscard]] WebReading read_web(const std::string& file);

/// Keeps the endpoint's access as the files have it.
/// Thread: the loop.
class WebAccess {
  public:
    /// The reading is good and in force on the server, which outlives this. Warns of what it lays
    /// open.
    WebAccess(WebReading reading, HttpServer& server, const Log& log);

    /// Reads again what has changed since; what is broken leaves in force what was.
    void look();

    /// Why a reading cannot be put in force, a line each; empty: it can.
    [[nodiscard]] std::vector<std::string> obstacles(const WebReading& reading) const;
    /// One without obstacles. Warns of what it lays open.
    void put_in_force(WebReading reading);
    /// One with obstacles that was told already.
    void refuse(const WebReading& reading);

    /// Was the last reading good? Absent: there is nothing to be read.
    [[nodiscard]] std::optional<bool> successful() const;

  private:
    void warn_of(const Access& access) const;

    std::string file_;
    std::vector<FileStamp> stamps_;
    bool successful_ = true;
    bool tls_;  ///< spoken since the start
    HttpServer& server_;
    const Log& log_;
};

/// What the endpoint lays open to more than this machine.
[[nodiscard]] std::vector<std::string> exposure_warnings(const std::vector<HttpAddress>& addresses,
                                                         const Access& access);

}  // namespace vfswatchd
