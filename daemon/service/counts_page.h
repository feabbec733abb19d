// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "http/scrape_page.h"
#include "metrics/exposition.h"

namespace vfswatchd {

/// What the exposition writes, as the HTTP server sends it; `all_series`: of how many it shows
/// some.
[[nodiscard]] std::shared_ptr<const ScrapePage> share_page(SeriesPage page, std::size_t all_series);

}  // namespace vfswatchd
