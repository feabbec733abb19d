// SPDX-License-Identifier: Apache-2.0
#include "config/fault.h"

namespace vfswatchd {

std::string format_place(const ConfigPlace& place) {
    if (place.line == 0) return place.file;
    return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::string format_fault(const ConfigFault& fault) {
    return format_place(fault.place) + ": " + fault.message;
}

void cut_faults(std::vector<ConfigFault>& faults) {
    if (faults.size() <= kMaxFaults) return;
    const std::size_t more = faults.size() - kMaxFaults;
    faults.resize(kMaxFaults);
    faults.push_back({faults.back().place, std::to_string(more) + " more faults are not shown"});
}

}  // namespace vfswatchd
