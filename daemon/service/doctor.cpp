// SPDX-License-Identifier: Apache-2.0
#include "service/doctor.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "kernel/kernel_types.h"
#include "kernel/ladder.h"
#include "kernel/platform.h"
#include "kernel/rungs.h"

namespace vfswatchd {
namespace {

using State = Finding::State;

/// Why the service may lack a method that root has, and what brings it.
constexpr const char* kKprobeDropIn =
    "the service has the method kprobe only with the drop-in "
    "/usr/share/doc/vfswatchd/examples/kprobe-method.conf: copy it to "
    "/etc/systemd/system/vfswatchd.service.d";

Finding btf(const Platform& platform) {
    if (platform.has_btf) return {"type information (BTF)", State::kOk, "present", ""};
    return {"type information (BTF)", State::kMissing, "/sys/kernel/btf/vmlinux cannot be read",
            "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as Debian's are"};
}

Finding lockdown(const Platform& platform) {
    const std::string& mode = platform.lockdown;
    if (mode.empty())
        return {"lockdown", State::kWarning, "/sys/kernel/security/lockdown cannot be read",
                "mount securityfs, or run as root"};
    if (mode != "confidentiality") return {"lockdown", State::kOk, mode, ""};
    return {"lockdown", State::kWarning, mode,
            "paths cannot be read in this mode, only whole processes are counted: boot with "
            "lockdown=integrity or none"};
}

Finding capabilities(const Platform& platform) {
    std::string names;
    for (const std::string& name : missing_capabilities(platform))
        names += (names.empty() ? "" : ", ") + name;
    if (names.empty()) return {"capabilities", State::kOk, "CAP_BPF and CAP_PERFMON are held", ""};
    return {"capabilities", State::kMissing, "missing: " + names,
            "run as root; the service gets them from its unit (AmbientCapabilities=)"};
}

Finding preemption(const Platform& platform) {
    if (platform.preemption.empty())
        return {"preemption", State::kOk, "not readable here; the trial below decides", ""};
    return {"preemption", State::kOk, platform.preemption, ""};
}

Finding security_modules(const Platform& platform) {
    if (platform.lsms.empty())
        return {"security modules", State::kWarning, "/sys/kernel/security/lsm cannot be read",
                "mount securityfs, or run as root"};
    if (("," + platform.lsms + ",").find(",bpf,") != std::string::npos)
        return {"security modules", State::kOk, platform.lsms, ""};
    return {"security modules", State::kWarning, platform.lsms + " (bpf is not among them)",
            "boot with lsm=" + platform.lsms + ",bpf"};
}

template <typename Method>
Finding rung(const std::string& what, const RungOutcome<Method>& outcome, bool chosen,
             const std::string& remedy) {
    const std::string subject = what + " by " + std::string(method_name(outcome.method));
    if (outcome.trial.exact) return {subject, State::kOk, "chosen: exact in its trial", ""};
    return {subject, State::kWarning,
            (chosen ? "chosen, but it may miss: " : "refused: ") + outcome.trial.reason.message(),
            chosen ? remedy : ""};
}

void add_accounting(const LadderOutcome& outcome, std::vector<Finding>& findings) {
    for (const auto& tried : outcome.accounting)
        findings.push_back(rung("accounting", tried,
                                outcome.chosen && outcome.chosen->accounting == tried.method, ""));
    Finding& last = findings.back();
    if (last.state == State::kOk) return;
    last.state = State::kMissing;
    last.remedy = outcome.chosen ? "reads that a probe misses are not counted, and "
                                   "vfswatch_probe_missed_total says how many: see the remedies "
                                   "above for an exact way"
                                 : "no way to count is left on this kernel: see the remedies above";
}

void add_exit(const LadderOutcome& outcome, std::vector<Finding>& findings) {
    const std::string misses =
        std::string("errors, ends of file and durations may be too low: boot with preempt=none; ") +
        kKprobeDropIn;
    for (const auto& tried : outcome.exit) {
        const bool chosen = outcome.chosen && outcome.chosen->exit == tried.method;
        findings.push_back(rung("ends of reads", tried, chosen, misses));
        // Whoever asks may have more capabilities than the service.
        if (!chosen || !tried.trial.exact || tried.method != ExitMethod::kKprobe) continue;
        findings.back().state = State::kWarning;
        findings.back().remedy = kKprobeDropIn;
    }
}

Finding call_label() {
    if (KernelTypes::load().has_helper("task_pt_regs"))
        return {"label call", State::kOk, "this kernel tells which system call reads", ""};
    return {"label call", State::kWarning, "empty on this kernel", "it needs Linux 5.15 or newer"};
}

Finding changing_paths() {
    const KernelTypes kernel = KernelTypes::load();
    std::string missing;
    for (const PathRung& rung : kPathRungs)
        if (!kernel.has_function(std::string(rung.function)))
            missing += (missing.empty() ? "" : ", ") + std::string(rung.function);
    if (missing.empty())
        return {"renamed directories and mounts", State::kOk, "seen as they change", ""};
    return {"renamed directories and mounts", State::kWarning,
            "not all seen: this kernel shows no function " + missing,
            "restart the daemon after such a change where paths below matter"};
}

const char* mark(State state) {
    switch (state) {
        case State::kOk:
            return "ok     ";
        case State::kWarning:
            return "warning";
        case State::kMissing:
            break;
    }
    return "MISSING";
}

const char* word(State state) {
    switch (state) {
        case State::kOk:
            return "ok";
        case State::kWarning:
            return "warning";
        case State::kMissing:
            break;
    }
    return "missing";
}

std::string with_quotes(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += ' ';
        else
            out += c;
    }
    return out + "\"";
}

}  // namespace

std::vector<Finding> judge_ladders(const LadderOutcome& outcome) {
    std::vector<Finding> findings;
    add_accounting(outcome, findings);
    add_exit(outcome, findings);
    return findings;
}

std::vector<Finding> examine() {
    const Platform platform = read_platform();
    std::vector<Finding> findings = {{"kernel", State::kOk, platform.release, ""},
                                     btf(platform),
                                     lockdown(platform),
                                     capabilities(platform),
                                     preemption(platform),
                                     security_modules(platform)};
    for (Finding& finding : judge_ladders(climb_ladders({}, [] {})))
        findings.push_back(std::move(finding));
    findings.push_back(call_label());
    findings.push_back(changing_paths());
    return findings;
}

bool can_count(const std::vector<Finding>& findings) {
    return std::none_of(findings.begin(), findings.end(),
                        [](const Finding& f) { return f.state == State::kMissing; });
}

std::string to_text(const std::vector<Finding>& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        text +=
            std::string(mark(finding.state)) + "  " + finding.subject + ": " + finding.found + "\n";
        if (!finding.remedy.empty()) text += "         -> " + finding.remedy + "\n";
    }
    text += can_count(findings) ? "This kernel can count reads exactly.\n"
                                : "This kernel cannot count reads exactly as it is.\n";
    return text;
}

std::string to_json(const std::vector<Finding>& findings) {
    std::string json = "{\"can_count\":";
    json += can_count(findings) ? "true" : "false";
    json += ",\"findings\":[";
    for (std::size_t i = 0; i < findings.size(); i++)
        json += std::string(i == 0 ? "" : ",") +
                "{\"subject\":" + with_quotes(findings[i].subject) + ",\"state\":\"" +
                word(findings[i].state) + "\",\"found\":" + with_quotes(findings[i].found) +
                ",\"remedy\":" + with_quotes(findings[i].remedy) + "}";
    return json + "]}\n";
}

}  // namespace vfswatchd
