// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "page.h"
#include "servers.h"

namespace vfswatchd::bench {

using MakeServer = std::unique_ptr<BenchServer> (*)(std::size_t files);

struct CaseResult {
    double median_ms = 0;
    std::size_t wire_bytes = 0;   ///< head included
    double resident_mb = 0;       ///< before the first scrape, its data in place
    double growth_mb = 0;         ///< the highest above it while it was scraped
    double peak_mb = 0;           ///< the highest in all
    std::vector<Sample> samples;  ///< of the last scrape
};

/// Starts this program once more as `--serve NAME FILES`, so that no page of the client's memory
/// is taken for the server's; scrapes once to warm up and then `runs` times, `clients` at once.
/// Errors: throws std::runtime_error.
CaseResult run_case(const char* server, std::size_t files, bool gzip, int runs, int clients = 1);

/// Of one path, looked at some forty times a second.
struct PathTime {
    double median_ms = 0;
    double worst_ms = 0;
    int hung_up = 0;  ///< looks that were hung up on before they had said anything, as of a crowd
};

struct PathTimes {
    PathTime healthz;
    PathTime metrics;
};

struct CrowdedCase {
    PathTimes usual;
    PathTimes crowded;
    double peak_usual_mb = 0;
    double peak_crowded_mb = 0;
    std::size_t came_again = 0;  ///< clients of the crowd, after they had been hung up on
};

/// The same server, before and while 1,000 clients say nothing and 200 a byte in a second.
/// Errors: throws std::runtime_error, also where an answer is not 200.
CrowdedCase run_crowded_case(const char* server, std::size_t files, int runs);

/// What that process does: says its port on stdin's socket, is scraped, and says its memory
/// whenever it is asked, until nobody can ask any more. Returns its exit status.
int serve(MakeServer make, std::size_t files);

}  // namespace vfswatchd::bench
