// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace vfswatchd {

/// Which targets a page shows, by name.
class TargetChoice {
  public:
    /// All of them.
    TargetChoice() = default;
    /// These; none named: all.
    explicit TargetChoice(std::vector<std::string> names) : names_(std::move(names)) {
        std::sort(names_.begin(), names_.end());
        names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
    }

    [[nodiscard]] bool has(const std::string& name) const {
        return names_.empty() || std::binary_search(names_.begin(), names_.end(), name);
    }
    /// In order; empty: all.
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
    [[nodiscard]] bool operator==(const TargetChoice&) const = default;

  private:
    std::vector<std::string> names_;
};

}  // namespace vfswatchd
