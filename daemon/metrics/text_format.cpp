// SPDX-License-Identifier: Apache-2.0
#include "metrics/text_format.h"

namespace vfswatchd {

void append_family_header(std::string& out, const Metric& metric) {
    out += "# HELP ";
    out += metric.name;
    out += ' ';
    out += metric.help;
    out += "\n# TYPE ";
    out += metric.name;
    out += ' ';
    out += kind_name(metric.kind);
    out += '\n';
}

void append_sample(std::string& out, const Metric& metric, std::string_view labels,
                   std::uint64_t value) {
    out += metric.name;
    out += labels;
    out += ' ';
    out += std::to_string(value);
    out += '\n';
}

}  // namespace vfswatchd
