// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
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

std::uint64_t recursion_misses(int program) {
    bpf_prog_info info{};
    __u32 bytes = sizeof(info);
    if (bpf_obj_get_info_by_fd(program, &info, &bytes) != 0) return 0;
    return info.recursion_misses;
}

}  // namespace

void Hook::LinkDeleter::operator()(bpf_link* link) const {
    bpf_link__destroy(link);
}

Result<Hook> Hook::attach(Kind kind, bpf_program* program, std::string_view function) {
    UniqueFd copy(fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0));
    if (!copy) return fail(errno_error(errno, "copy a program's descriptor"));
    Hook hook(kind, function, std::move(copy));
    if (auto done = hook.attach_link(program); !done) return fail(done.error());
    return hook;
}

Hook Hook::adopt(Kind kind, std::string_view function, UniqueFd program, UniqueFd link) {
    Hook hook(kind, function, std::move(program));
    hook.adopted_link_ = std::move(link);
    return hook;
}

int Hook::link_fd() const {
    return link_ ? bpf_link__fd(link_.get()) : adopted_link_.get();
}

Result<void> Hook::attach_link(bpf_program* program) {
    const LibbpfLog log;
    switch (kind_) {
        case Kind::kTracefsEntry:
        case Kind::kTracefsReturn:
            return attach_to_tracefs(program);
        case Kind::kSection:
            link_.reset(bpf_program__attach(program));
            break;
        case Kind::kMultiEntry:
        case Kind::kMultiReturn:
            link_.reset(attach_multi(program));
            break;
    }
    if (link_) return {};
    const int number = errno;
    return fail(errno_error(number, "attach " + std::string(bpf_program__section_name(program)) +
                                        " to " + function_ + ": " + log.first_warning()));
}

// By symbol: a pattern needs CAP_SYSLOG to read kallsyms.
bpf_link* Hook::attach_multi(bpf_program* program) const {
    const char* symbol = function_.c_str();
    bpf_kprobe_multi_opts options{};
    options.sz = sizeof(options);
    options.syms = &symbol;
    options.cnt = 1;
    options.retprobe = kind_ == Kind::kMultiReturn;
    return bpf_program__attach_kprobe_multi_opts(program, nullptr, &options);
}

Result<void> Hook::attach_to_tracefs(bpf_program* program) {
    auto made = TracefsProbe::make(
        kind_ == Kind::kTracefsReturn ? TracefsProbe::Kind::kReturn : TracefsProbe::Kind::kEntry,
        function_);
    if (!made) return fail(made.error());
    probe_.emplace(std::move(*made));
    link_.reset(bpf_program__attach_perf_event(program, probe_->event()));
    if (!link_) return fail(errno_error(errno, "attach to the tracefs probe of " + function_));
    // The link closes it.
    probe_->release_event();
    return {};
}

std::uint64_t Hook::missed() const {
    const std::uint64_t now =
        recursion_misses(program_fd_.get()) + missed_by_link() + (probe_ ? probe_->missed() : 0);
    missed_ = std::max(missed_, now);
    return missed_;
}

std::uint64_t Hook::missed_by_link() const {
    if (kind_ != Kind::kMultiEntry && kind_ != Kind::kMultiReturn) return 0;
    MultiLinkInfo info{};
    __u32 bytes = sizeof(info);
    if (bpf_obj_get_info_by_fd(link_fd(), reinterpret_cast<bpf_link_info*>(&info), &bytes) != 0)
        return 0;
    return info.missed;
}

}  // namespace vfswatchd
