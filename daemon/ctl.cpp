// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "service/commands.h"
#include "service/exit_code.h"
#include "service/flags.h"

namespace {

using namespace vfswatchd;

std::string help() {
    std::string text = "Usage: vfswatchctl COMMAND [OPTION]...\n\n";
    for (const Command& command : commands()) {
        std::string name = command.name;
        name.resize(10, ' ');
        text += "  " + name + command.summary + "\n";
    }
    return text + "\n" + flags_help(commandless_flags()) +
           "\n"
           "Exit codes: 0, 64 usage, 69 unavailable, 77 permission, 78 configuration.\n";
}

std::string help(const Command& command) {
    return std::string("Usage: vfswatchctl ") + command.name + " [OPTION]...\n" +
           command.description + "\n\n" + flags_help(command.flags());
}

ExitCode print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    return ExitCode::kOk;
}

ExitCode refuse(const std::string& message, const std::string& command = "") {
    std::fprintf(stderr, "vfswatchctl: %s; see vfswatchctl %s--help\n", message.c_str(),
                 command.c_str());
    return ExitCode::kUsage;
}

ExitCode run(const Command& command, const std::vector<std::string>& arguments) {
    const std::string name = std::string(command.name) + " ";
    const auto flags = read_flags(arguments, command.flags());
    if (!flags) return refuse(flags.error().message(), name);
    const bool asks_for_help = std::any_of(flags->begin(), flags->end(), [](const GivenFlag& flag) {
        return flag.id == kHelpFlag.id;
    });
    if (asks_for_help) return print(help(command));
    const auto code = command.run(*flags);
    return code ? *code : refuse(code.error().message(), name);
}

ExitCode run(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return refuse("expected a command");
    const std::string& first = arguments.front();
    if (first == "--help") return print(help());
    if (first == "--version") return print("vfswatchctl " VFSWATCHD_VERSION "\n");
    const auto known = commands();
    const auto command = std::find_if(known.begin(), known.end(),
                                      [&](const Command& one) { return first == one.name; });
    if (command == known.end()) return refuse("unknown command or option " + first);
    return run(*command, arguments);
}

}  // namespace

int main(int argc, char** argv) {
    return static_cast<int>(run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc)));
}
