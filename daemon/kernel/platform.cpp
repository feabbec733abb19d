// SPDX-License-Identifier: Apache-2.0
#include "kernel/platform.h"

#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <sys/utsname.h>

#include <fstream>
#include <utility>

namespace vfswatchd {
namespace {

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// Files that list the choices and mark the one in force: `none [integrity] confidentiality`.
std::string marked(const std::string& line, char open, char close) {
    const auto begin = line.find(open);
    const auto end = line.find(close, begin);
    if (begin == std::string::npos || end == std::string::npos) return "";
    return line.substr(begin + 1, end - begin - 1);
}

// debugfs marks as `none voluntary (full) lazy`.
std::string preemption_of(const std::string& root) {
    return marked(first_line(root + "/sys/kernel/debug/sched/preempt"), '(', ')');
}

/// One number of a /proc/PID/status.
std::optional<std::uint64_t> status_field(const std::string& path, const std::string& name,
                                          std::ios_base& (*base)(std::ios_base&)) {
    std::ifstream file(path);
    std::string word;
    while (file >> word) {
        std::uint64_t value = 0;
        if (word == name && file >> base >> value) return value;
    }
    return std::nullopt;
}

std::uint64_t effective_capabilities(const std::string& root) {
    return status_field(root + "/proc/self/status", "CapEff:", std::hex).value_or(0);
}

bool holds(const Platform& platform, int capability) {
    return (platform.capabilities >> capability & 1) != 0 ||
           (platform.capabilities >> CAP_SYS_ADMIN & 1) != 0;
}

std::string remedy(const Error& error, const Platform& platform) {
    if (!platform.has_btf)
        return "this kernel shows no type information (/sys/kernel/btf/vmlinux): boot a kernel "
               "built with CONFIG_DEBUG_INFO_BTF, as Debian's are";
    std::string names;
    for (const std::string& name : missing_capabilities(platform))
        names += (names.empty() ? "" : " and ") + name;
    if (!names.empty())
        return "the process lacks " + names +
               ": run it by its unit (systemctl start vfswatchd) or as root";
    if (platform.lockdown == "confidentiality")
        return "the kernel is locked down (" + platform.lockdown +
               "): boot without lockdown=" + platform.lockdown +
               ", or disable Secure Boot where it sets it";
    if (error.code == std::errc::operation_not_permitted)
        return "this kernel refuses tracing programs although the capabilities are there: its "
               "vendor's lockdown, a container's seccomp filter or another security module; run "
               "on the host itself, on a kernel that allows BPF";
    return "run vfswatchctl doctor for what this kernel offers";
}

}  // namespace

Platform read_platform(const std::string& root) {
    Platform platform;
    utsname names{};
    if (uname(&names) == 0) platform.release = names.release;
    platform.has_btf = std::ifstream(root + "/sys/kernel/btf/vmlinux").good();
    platform.lockdown = marked(first_line(root + "/sys/kernel/security/lockdown"), '[', ']');
    platform.lsms = first_line(root + "/sys/kernel/security/lsm");
    platform.preemption = preemption_of(root);
    platform.capabilities = effective_capabilities(root);
    return platform;
}

std::vector<std::string> missing_capabilities(const Platform& platform, const ProbeWishes& wishes) {
    std::vector<std::string> names;
    if (!holds(platform, CAP_BPF)) names.emplace_back("CAP_BPF");
    if (!holds(platform, CAP_PERFMON)) names.emplace_back("CAP_PERFMON");
    if (wishes.exit == ExitMethod::kKprobe && !holds(platform, CAP_SYS_ADMIN))
        names.emplace_back("CAP_SYS_ADMIN");
    return names;
}

Error explain(const Error& error, const Platform& platform) {
    return plain_error(error.message() + ": " + remedy(error, platform));
}

std::optional<std::uint32_t> process_of(std::uint32_t id) {
    const auto tgid = status_field("/proc/" + std::to_string(id) + "/status", "Tgid:", std::dec);
    if (!tgid) return std::nullopt;
    return static_cast<std::uint32_t>(*tgid);
}

std::uint32_t possible_cpus() {
    const int count = libbpf_num_possible_cpus();
    return count > 0 ? static_cast<std::uint32_t>(count) : 1;
}

std::string libbpf_version() {
    return std::to_string(libbpf_major_version()) + "." + std::to_string(libbpf_minor_version());
}

}  // namespace vfswatchd
