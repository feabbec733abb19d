// SPDX-License-Identifier: Apache-2.0
#include "service/shortfalls.h"

#include <string_view>
#include <utility>

#include "kernel/kernel_types.h"
#include "kernel/rungs.h"

namespace vfswatchd {

std::vector<std::string> shortfalls(const Config& config, ProbeMethods methods) {
    std::vector<std::string> texts;
    const auto add = [&texts](std::string text) { texts.push_back(std::move(text)); };
    if (!methods.paths)
        add("this kernel is locked down (confidentiality): paths cannot be read, so targets with "
            "paths count nothing, and the others are counted as a whole, as "
            "vfswatch_overflow_read_bytes_total{reason=\"path_hidden\"}; errors and ends of file "
            "are not counted");
    const KernelTypes kernel = KernelTypes::load();
    const bool calls = kernel.has_helper("task_pt_regs");
    for (const std::string_view function : kReadFunctions)
        if (!kernel.has_function(std::string(function)) && methods.exit != ExitMethod::kOff)
            add("this kernel shows no function " + std::string(function) +
                ": the ends of its reads are not seen");
    const bool starts =
        methods.accounting != AccountingMethod::kExit || methods.exit != ExitMethod::kFexit;
    for (const TargetConfig& target : config.targets) {
        const ProcessSelectors& processes = target.processes;
        if (!methods.paths &&
            !(processes.exes.empty() && processes.units.empty() && processes.cgroups.empty()))
            add("target " + target.name +
                ": exes, units and cgroups select nothing: this kernel hides their paths");
        if (target.labels.call && !calls)
            add("target " + target.name +
                ": the label call stays empty: this kernel is older than 5.15");
        if (target.snippets && methods.exit == ExitMethod::kOff)
            add("target " + target.name + ": nothing is copied: the ends of reads are not seen");
        if (target.latency && (methods.exit == ExitMethod::kOff || !starts))
            add("target " + target.name +
                ": no durations: the method in use does not see how long a read takes");
    }
    return texts;
}

}  // namespace vfswatchd
