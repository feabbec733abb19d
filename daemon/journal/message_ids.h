// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace vfswatchd {

// From `systemd-id128 new`, and fixed: people search the journal for them.
inline constexpr std::string_view kSnippetMessageId = "b87b838fffc642ae834915f9b8865984";
inline constexpr std::string_view kSnippetFaultMessageId = "20c21e17d5f841419511eb2695d23925";

struct MessageIdTitle {
    std::string_view id;  ///< 32 hex digits
    std::string_view title;
};

/// Every kind of entry that has an id.
inline constexpr std::array<MessageIdTitle, 2> kMessageIds = {{
    {kSnippetMessageId, "A sampled read"},
    {kSnippetFaultMessageId, "A sampled read whose bytes could not be copied"},
}};

}  // namespace vfswatchd
