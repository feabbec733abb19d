// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <string>

#include "base/result.h"

namespace vfswatchd {

/// How an attempt to fetch a page ended without one.
struct FetchOutcome {
    CURLcode code = CURLE_OK;
    long system_errno = 0;  ///< of the connection; 0: none
    long status = 0;        ///< HTTP's; 0: no answer came so far
    std::string detail;     ///< curl's own words, or the answer's first line
    bool tls = false;       ///< https was spoken
    bool with_certificate = false;
};

/// What went wrong, and what to do about it; EACCES where a socket's mode refuses.
[[nodiscard]] Error describe_failure(const std::string& endpoint, const FetchOutcome& outcome);

}  // namespace vfswatchd
