// SPDX-License-Identifier: Apache-2.0
#include "kernel/snippet_ring.h"

#include <bpf/libbpf.h>

#include <cerrno>

#include "kernel/skeleton.h"

namespace vfswatchd {
namespace {

/// The loop has other things to do, however fast others write.
constexpr int kMostInOneGo = 256;

}  // namespace

void SnippetRing::RingDeleter::operator()(ring_buffer* ring) const {
    ring_buffer__free(ring);
}

SnippetRing::~SnippetRing() = default;

Result<std::unique_ptr<SnippetRing>> SnippetRing::open(vfswatch_bpf& skeleton) {
    std::unique_ptr<SnippetRing> self(new SnippetRing());
    self->ring_.reset(ring_buffer__new(bpf_map__fd(skeleton.maps.snippet_ring), take_record,
                                       self.get(), nullptr));
    if (!self->ring_) return fail(errno_error(errno, "open the ring buffer of snippets"));
    return self;
}

int SnippetRing::take_record(void* ring, void* record, std::size_t bytes) {
    auto* self = static_cast<SnippetRing*>(ring);
    (*self->take_)({static_cast<const std::byte*>(record), bytes});
    // libbpf has let go of the record by now, and stops.
    return --self->left_ > 0 ? 0 : -EAGAIN;
}

bool SnippetRing::drain(const Take& take) {
    take_ = &take;
    left_ = kMostInOneGo;
    ring_buffer__consume(ring_.get());
    take_ = nullptr;
    return left_ == 0;
}

int SnippetRing::fd() const {
    return ring_buffer__epoll_fd(ring_.get());
}

}  // namespace vfswatchd
