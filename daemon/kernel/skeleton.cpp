// SPDX-License-Identifier: Apache-2.0
#include "kernel/skeleton.h"

#include <cerrno>
#include <cstdlib>

#include "vfswatch_untyped.skel.h"

namespace vfswatchd {

vfswatch_bpf* open_skeleton(bool typed_cast) {
    if (typed_cast) return vfswatch_bpf__open();
    // As the generated code opens it, but for the bytes of the object.
    auto* skeleton = static_cast<vfswatch_bpf*>(std::calloc(1, sizeof(vfswatch_bpf)));
    if (skeleton == nullptr) return nullptr;
    int result = vfswatch_bpf__create_skeleton(skeleton);
    if (result == 0) {
        skeleton->skeleton->data =
            const_cast<void*>(vfswatch_untyped_bpf__elf_bytes(&skeleton->skeleton->data_sz));
        result = bpf_object__open_skeleton(skeleton->skeleton, nullptr);
    }
    if (result == 0) return skeleton;
    vfswatch_bpf__destroy(skeleton);
    errno = -result;
    return nullptr;
}

}  // namespace vfswatchd
