// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <span>
#include <string>

#include "service/doctor.h"
#include "service/exit_code.h"

namespace {

using vfswatchd::ExitCode;

constexpr const char* kHelp =
    "Usage: vfswatchctl doctor [--json]\n"
    "\n"
    "doctor    can this kernel count reads exactly, and if not, why and what to do\n"
    "          exit status 0: yes; 69: no\n"
    "\n"
    "--json     the findings for machines\n"
    "--help     this text\n"
    "--version  the version\n";

ExitCode doctor(bool json) {
    const auto findings = vfswatchd::examine();
    const std::string text = json ? vfswatchd::to_json(findings) : vfswatchd::to_text(findings);
    std::fputs(text.c_str(), stdout);
    return vfswatchd::can_count(findings) ? ExitCode::kOk : ExitCode::kUnavailable;
}

ExitCode run(std::span<char*> arguments) {
    const std::string command = arguments.size() > 1 ? arguments[1] : "";
    const std::string option = arguments.size() > 2 ? arguments[2] : "";
    if (arguments.size() == 2 && command == "--help") {
        std::fputs(kHelp, stdout);
        return ExitCode::kOk;
    }
    if (arguments.size() == 2 && command == "--version") {
        std::puts("vfswatchctl " VFSWATCHD_VERSION);
        return ExitCode::kOk;
    }
    if (command == "doctor" && arguments.size() == 2) return doctor(false);
    if (command == "doctor" && arguments.size() == 3 && option == "--json") return doctor(true);
    std::fprintf(stderr, "vfswatchctl: unknown command or option\n%s", kHelp);
    return ExitCode::kUsage;
}

}  // namespace

int main(int argc, char** argv) {
    return static_cast<int>(run({argv, static_cast<std::size_t>(argc)}));
}
