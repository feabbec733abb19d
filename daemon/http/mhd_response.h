// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "http/reply.h"
#include "http/router.h"
#include "model/web_config.h"

namespace vfswatchd {

struct DestroyResponse {
    void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using ResponsePtr = std::unique_ptr<MHD_Response, DestroyResponse>;

/// The reply as the library sends it, a stream in pieces of `block_bytes`. `headers` stand instead
/// of the reply's own of the same names. The router is told why a stream broke off, and outlives
/// it. nullptr: there is no memory for it.
[[nodiscard]] ResponsePtr make_response(HttpReply reply, const std::vector<WebHeader>& headers,
                                        const Router& router, std::size_t block_bytes, bool head);

}  // namespace vfswatchd
