// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "kernel/libbpf_log.h"

namespace vfswatchd {
namespace {

/// bpf_link_info of a kprobe.multi link. Source: linux/bpf.h since 6.7; Debian 12's is older.
struct MultiLinkInfo {
    std::uint32_t type;
    std::uint32_t id;
    std::uint32_t prog_id;
    std::uint64_t addresses;
    std::uint32_t count;
    std::uint32_t flags;
    std::uint64_t missed;
};

std::uint64_t recursion_misses(const bpf_program* program) {
    bpf_prog_info info{};
    __u32 bytes = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes) != 0) return 0;
    return info.recursion_misses;
}

}  // namespace

void Hook::LinkDeleter::operator()(bpf_link* link) const {
    bpf_link__destroy(link);
}

Result<Hook> Hook::attach(Kind kind, bpf_program* program, std::string_view function) {
    Hook hook(kind, program, function);
    if (auto done = hook.attach_link(); !done) return fail(done.error());
    return hook;
}

Result<void> Hook::attach_link() {
    const LibbpfLog log;
    switch (kind_) {
        case Kind::kTracefsEntry:
        case Kind::kTracefsReturn:
            return attach_to_tracefs();
        case Kind::kSection:
            link_.reset(bpf_program__attach(program_));
            break;
        case Kind::kMultiEntry:
        case Kind::kMultiReturn:
            link_.reset(attach_multi());
            break;
    }
    if (link_) return {};
    const int number = errno;
    return fail(errno_error(number, "attach " + std::string(bpf_program__section_name(program_)) +
                                        " to " + function_ + ": " + log.first_warning()));
}

// By symbol: a pattern needs CAP_SYSLOG to read kallsyms.
bpf_link* Hook::attach_multi() const {
    const char* symbol = function_.c_str();
    bpf_kprobe_multi_opts options{};
    options.sz = sizeof(options);
    options.syms = &symbol;
    options.cnt = 1;
    options.retprobe = kind_ == Kind::kMultiReturn;
    return bpf_program__attach_kprobe_multi_opts(program_, nullptr, &options);
}

Result<void> Hook::attach_to_tracefs() {
    auto made = TracefsProbe::make(
        kind_ == Kind::kTracefsReturn ? TracefsProbe::Kind::kReturn : TracefsProbe::Kind::kEntry,
        function_);
    if (!made) return fail(made.error());
    probe_.emplace(std::move(*made));
    link_.reset(bpf_program__attach_perf_event(program_, probe_->event()));
    if (!link_) return fail(errno_error(errno, "attach to the tracefs probe of " + function_));
    // The link closes it.
    probe_->release_event();
    return {};
}

std::uint64_t Hook::missed() const {
    const std::uint64_t now =
        recursion_misses(program_) + missed_by_link() + (probe_ ? probe_->missed() : 0);
    missed_ = std::max(missed_, now);
    return missed_;
}

std::uint64_t Hook::missed_by_link() const {
    if (kind_ != Kind::kMultiEntry && kind_ != Kind::kMultiReturn) return 0;
    MultiLinkInfo info{};
    __u32 bytes = sizeof(info);
    const int fd = bpf_link__fd(link_.get());
    if (bpf_obj_get_info_by_fd(fd, reinterpret_cast<bpf_link_info*>(&info), &bytes) != 0) return 0;
    return info.missed;
}

}  // namespace vfswatchd
