// SPDX-License-Identifier: Apache-2.0
#include "kernel/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <string>

#include "kernel/libbpf_log.h"

namespace vfswatchd {

Result<void> attach(bpf_program* program, bpf_link*& link) {
    const LibbpfLog log;
    link = bpf_program__attach(program);
    if (link != nullptr) return {};
    const int number = errno;
    return fail(errno_error(number, std::string("attach ") + bpf_program__section_name(program) +
                                        ": " + log.first_warning()));
}

std::uint64_t recursion_misses(const bpf_program* program) {
    bpf_prog_info info{};
    __u32 bytes = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes) != 0) return 0;
    return info.recursion_misses;
}

}  // namespace vfswatchd
