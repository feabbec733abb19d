// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "config/fault.h"
#include "config/load.h"
#include "policy/lower.h"
#include "service/daemon.h"
#include "service/log.h"
#include "service/options.h"
#include "service/report.h"
#include "service/web_access.h"

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

ExitCode refuse(const Log& log, const std::vector<std::string>& faults) {
    for (const std::string& fault : faults)
        log.error(fault);
    return ExitCode::kConfig;
}

ExitCode refuse(const Log& log, const std::vector<ConfigFault>& faults) {
    std::vector<std::string> lines;
    for (const ConfigFault& fault : faults)
        lines.push_back(format_fault(fault));
    return refuse(log, lines);
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
    WebReading web = read_web(config->web_config_file);
    if (!web.faults.empty()) return refuse(log, web.faults);
    if (options.check_config) return print(describe(*config, *filter));
    return run_daemon(source, *config, *filter, std::move(web), log);
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
