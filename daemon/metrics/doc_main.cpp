// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>
#include <string_view>

#include "metrics/catalogue.h"

namespace {

std::string labels_cell(std::string_view labels) {
    return labels.empty() ? "-" : std::string(labels);
}

void print_intro(std::ostream& out) {
    out << "# Metrics\n"
           "\n"
           "<!-- Made by vfswatchd_metrics_doc from daemon/metrics/catalogue.h: change that, then\n"
           "     build the target metrics_doc. -->\n"
           "\n"
           "What `/metrics` shows. A label in brackets is there where the target's `labels` ask\n"
           "for it. In `path`, `comm` and every other text, bytes that are not valid UTF-8 and\n"
           "control characters appear as `\\xNN` and a backslash as two, so that two different\n"
           "paths never become one label value. Integers are written exactly, also above 2^53.\n"
           "\n"
           "A file's counters never fall while they stay on the endpoint. A file that nobody\n"
           "read for `limits.idle_series_timeout` leaves it and may return from 0; the target's\n"
           "totals never forget. What found no series of its own under `limits.max_series`\n"
           "(`series_limit`), or no room in the kernel's tables under `limits.max_files`\n"
           "(`map_full`), or cannot be told apart from others because the kernel is locked down\n"
           "(`path_hidden`), is in the overflow counters and in the target's totals.\n"
           "\n";
}

}  // namespace

int main() {
    print_intro(std::cout);
    std::cout << "| metric | type | labels | meaning |\n|---|---|---|---|\n";
    for (const vfswatchd::Metric& metric : vfswatchd::kCatalogue) {
        std::cout << "| `" << metric.name << "` | " << vfswatchd::kind_name(metric.kind) << " | "
                  << labels_cell(metric.labels) << " | " << metric.help << " |\n";
    }
    return std::cout.flush() ? 0 : 1;
}
