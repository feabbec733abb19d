// SPDX-License-Identifier: Apache-2.0
#include "metrics/call_name.h"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace vfswatchd {
namespace {

struct Call {
    std::uint32_t number;
    std::string_view name;
};

// Not every architecture has each of them: what newer ones left out stands behind its #ifdef.
constexpr auto kCalls = std::to_array<Call>({
    {SYS_read, "read"},
    {SYS_pread64, "pread64"},
    {SYS_readv, "readv"},
    {SYS_preadv, "preadv"},
    {SYS_preadv2, "preadv2"},
    {SYS_sendfile, "sendfile"},
    {SYS_copy_file_range, "copy_file_range"},
    {SYS_splice, "splice"},
    {SYS_tee, "tee"},
    {SYS_vmsplice, "vmsplice"},
    {SYS_readahead, "readahead"},
    // Directories.
    {SYS_getdents64, "getdents64"},
#ifdef SYS_getdents
    {SYS_getdents, "getdents"},
#endif
    // A program and its interpreter.
    {SYS_execve, "execve"},
    {SYS_execveat, "execveat"},
#ifdef SYS_uselib
    {SYS_uselib, "uselib"},
#endif
    // Reads that were handed in before.
    {SYS_io_submit, "io_submit"},
    {SYS_io_uring_enter, "io_uring_enter"},
    // The kernel itself reads: modules, kernels, firmware; what it measures or copies when it opens
    // or maps.
    {SYS_finit_module, "finit_module"},
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, "kexec_file_load"},
#endif
#ifdef SYS_open
    {SYS_open, "open"},
#endif
    {SYS_openat, "openat"},
    {SYS_openat2, "openat2"},
#ifdef SYS_mmap
    {SYS_mmap, "mmap"},
#endif
    {SYS_ioctl, "ioctl"},
    {SYS_write, "write"},
});

}  // namespace

std::string call_name(std::uint32_t number) {
    const auto* call = std::find_if(kCalls.begin(), kCalls.end(),
                                    [&](const Call& c) { return c.number == number; });
    if (call != kCalls.end()) return std::string(call->name);
    return "syscall_" + std::to_string(number);
}

}  // namespace vfswatchd
