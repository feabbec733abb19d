// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace vfswatchd {

/// Whether a client that sent this Accept-Encoding value prefers gzip to the plain body.
/// Shape: comma-separated codings with optional q-values; several headers joined with commas.
/// Errors: an element with a malformed q-value counts as not accepted; plain is always right.
/// Source: RFC 9110, 12.4.2 and 12.5.3; x-gzip is an alias of gzip (8.4.1.3).
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace vfswatchd
