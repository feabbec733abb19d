// SPDX-License-Identifier: Apache-2.0
#include "service/doctor.h"

#include <algorithm>
#include <cstdio>

#include "kernel/platform.h"
#include "kernel/trial.h"

namespace vfswatchd {
namespace {

using State = Finding::State;

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
            "paths cannot be read in this mode: boot with lockdown=integrity or none"};
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

Finding accounting(const TrialOutcome& outcome, bool last) {
    const std::string subject = std::string("accounting by ") + method_name(outcome.method);
    if (outcome.exact)
        return {subject, State::kOk, "chosen: every trial read was counted under its file", ""};
    return {subject, last ? State::kMissing : State::kWarning,
            "refused: " + outcome.reason.message(),
            last ? "no exact way is left on this kernel: see the remedies above" : ""};
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

std::string quoted(const std::string& text) {
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

std::vector<Finding> examine() {
    const Platform platform = read_platform();
    std::vector<Finding> findings = {{"kernel", State::kOk, platform.release, ""},
                                     btf(platform),
                                     lockdown(platform),
                                     capabilities(platform),
                                     preemption(platform),
                                     security_modules(platform)};
    const auto outcomes = try_ladder();
    for (const TrialOutcome& outcome : outcomes)
        findings.push_back(accounting(outcome, &outcome == &outcomes.back()));
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
        json += std::string(i == 0 ? "" : ",") + "{\"subject\":" + quoted(findings[i].subject) +
                ",\"state\":\"" + word(findings[i].state) +
                "\",\"found\":" + quoted(findings[i].found) +
                ",\"remedy\":" + quoted(findings[i].remedy) + "}";
    return json + "]}\n";
}

}  // namespace vfswatchd
