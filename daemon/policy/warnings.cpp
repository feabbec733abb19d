// SPDX-License-Identifier: Apache-2.0
#include "policy/warnings.h"

#include <string_view>

#include "config/text.h"
#include "policy/sensitive.h"

namespace vfswatchd {
namespace {

std::string copying(const std::vector<std::string_view>& targets) {
    const bool one = targets.size() == 1;
    return (one ? "target " : "targets ") + listed(targets) + (one ? " copies" : " copy") +
           " parts of what is read into the journal";
}

}  // namespace

std::vector<std::string> snippet_warnings(const Config& config) {
    std::vector<std::string_view> sampled;
    std::vector<std::string> lines;
    for (const TargetConfig& target : config.targets) {
        if (!target.snippets) continue;
        sampled.push_back(target.name);
        if (target.snippets->allow_sensitive)
            lines.push_back("target " + target.name +
                            " copies sensitive files too (allow_sensitive)");
    }
    for (const SensitiveInclude& include : sensitive_includes(config))
        lines.push_back("target " + include.target->name + ": nothing of " +
                        with_quotes(include.pattern->text) + " is copied, for it is sensitive (" +
                        std::string(include.files->what) + ")");
    if (!sampled.empty()) lines.insert(lines.begin(), copying(sampled));
    return lines;
}

}  // namespace vfswatchd
