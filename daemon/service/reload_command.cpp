// SPDX-License-Identifier: Apache-2.0
#include "service/reload_command.h"

#include <array>
#include <cstdio>
#include <string_view>
#include <system_error>

#include "base/terminal_text.h"
#include "service/control_client.h"
#include "service/control_protocol.h"

namespace vfswatchd {
namespace {

enum FlagId : int { kSocket };

constexpr std::array kFlags = std::to_array<FlagSpec>({
    {kSocket, "socket", "PATH", "the daemon's control socket\n(default /run/vfswatchd/control)"},
    kHelpFlag,
});

/// Names of files are anybody's. What the daemon has escaped already stays as it is.
std::string shown(std::string_view line) {
    std::string text;
    while (!line.empty()) {
        if (line.front() == '\\') {
            text += '\\';
            line.remove_prefix(1);
        } else {
            line.remove_prefix(append_terminal_text(text, line));
        }
    }
    return text;
}

ExitCode complain(ExitCode code, const std::string& text) {
    std::fprintf(stderr, "vfswatchctl: %s\n", shown(text).c_str());
    return code;
}

ExitCode complain(const Error& error) {
    if (error.code == std::errc::permission_denied)
        return complain(ExitCode::kPermission,
                        error.message() + "; run it as root: sudo vfswatchctl reload");
    // The daemon was killed, or has never run.
    if (error.code == std::errc::connection_refused ||
        error.code == std::errc::no_such_file_or_directory)
        return complain(
            ExitCode::kUnavailable,
            error.message() + "; vfswatchd does not run there: systemctl start vfswatchd");
    return complain(ExitCode::kUnavailable,
                    error.message() + "; journalctl -u vfswatchd says what vfswatchd did");
}

}  // namespace

std::span<const FlagSpec> reload_flags() {
    return kFlags;
}

Result<ReloadOptions> reload_options(const std::vector<GivenFlag>& flags) {
    ReloadOptions options{std::string(kControlDirectory) + "/" + kControlSocketName};
    for (const GivenFlag& flag : flags) {
        if (flag.id != kSocket) continue;
        if (flag.argument.empty())
            return fail(plain_error(flag.name + ": found an empty name, expected a socket"));
        options.socket = flag.argument;
    }
    return options;
}

ExitCode reload(const ReloadOptions& options) {
    const auto outcome = ask_daemon(options.socket, kReloadRequest);
    if (!outcome) return complain(outcome.error());
    std::FILE* stream = outcome->code == ExitCode::kOk ? stdout : stderr;
    for (const std::string& line : outcome->lines)
        std::fprintf(stream, "%s\n", shown(line).c_str());
    return outcome->code;
}

}  // namespace vfswatchd
