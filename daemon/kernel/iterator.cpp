// SPDX-License-Identifier: Apache-2.0
#include "kernel/iterator.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/unique_fd.h"

namespace vfswatchd {
namespace {

// bpf_seq_write hands out whole records; the kernel's own buffer is eight pages.
constexpr std::size_t kBufferBytes = 32768;

}  // namespace

void Iterator::LinkDeleter::operator()(bpf_link* link) const {
    bpf_link__destroy(link);
}

Result<Iterator> Iterator::open(bpf_program* program, const bpf_map* map) {
    bpf_iter_link_info info{};
    bpf_iter_attach_opts options{};
    options.sz = sizeof(options);
    if (map != nullptr) {
        info.map.map_fd = static_cast<__u32>(bpf_map__fd(map));
        options.link_info = &info;
        options.link_info_len = sizeof(info);
    }
    Iterator iterator(bpf_program__attach_iter(program, &options));
    if (!iterator.link_)
        return fail(
            errno_error(errno, std::string("open the iterator ") + bpf_program__name(program)));
    return iterator;
}

Result<void> Iterator::run(const Take& take) const {
    const UniqueFd fd(bpf_iter_create(bpf_link__fd(link_.get())));
    if (!fd) return fail(errno_error(errno, "create an iterator"));
    alignas(8) std::array<std::byte, kBufferBytes> buffer;
    for (;;) {
        const ssize_t bytes = ::read(fd.get(), buffer.data(), buffer.size());
        if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (bytes < 0) return fail(errno_error(errno, "read an iterator"));
        if (bytes == 0) return {};
        take({buffer.data(), static_cast<std::size_t>(bytes)});
    }
}

Result<void> Iterator::run() const {
    return run([](std::span<const std::byte>) {});
}

}  // namespace vfswatchd
