// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "config/fault.h"
#include "config/load.h"
#include "policy/lower.h"
#include "service/daemon.h"
#include "service/log.h"
#include "service/options.h"
#include "service/report.h"

namespace {

using namespace vfswatchd;

ExitCode complain(ExitCode code, const std::string& message) {
    std::fprintf(stderr, "vfswatchd: %s\n", message.c_str());
    return code;
}

ExitCode print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    return ExitCode::kOk;
}

ExitCode refuse(const Log& log, const std::vector<ConfigFault>& faults) {
    for (const ConfigFault& fault : faults)
        log.error(format_fault(fault));
    return ExitCode::kConfig;
}

ExitCode run(const Options& options) {
    const Log log(options.log_level);
    const ConfigSource source = [&options] {
        auto config = load_config(options.config_file);
        if (config) apply_options(options, *config);
        return config;
    };
    const auto config = source();
    if (!config) return refuse(log, config.error());
    const auto filter = lower(*config);
    if (!filter) return refuse(log, filter.error());
    if (options.check_config) return print(describe(*config, *filter));
    return run_daemon(source, *config, *filter, log);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv, argv + argc);
    const auto options = parse_options(arguments, [](const char* name) { return getenv(name); });
    ExitCode code = ExitCode::kOk;
    if (!options)
        code = complain(ExitCode::kUsage, options.error().message());
    else if (options->show_help)
        code = print(help_text());
    else if (options->show_version)
        code = print("vfswatchd " VFSWATCHD_VERSION "\n");
    else
        code = run(*options);
    return static_cast<int>(code);
}
