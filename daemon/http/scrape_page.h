// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "http/body.h"

namespace vfswatchd {

/// The counts of one moment. Several clients may read them at once.
struct ScrapePage {
    ScrapePage() = default;
    ScrapePage(const ScrapePage&) = delete;
    ScrapePage& operator=(const ScrapePage&) = delete;
    virtual ~ScrapePage() = default;

    /// The page in the text format 0.0.4, from its beginning; it holds the counts as long as it
    /// lives, whether or not the page does.
    [[nodiscard]] virtual std::unique_ptr<BodySource> open() const = 0;
    /// How much memory it holds, where the page of all targets is 1.
    [[nodiscard]] virtual double share() const = 0;
};

}  // namespace vfswatchd
