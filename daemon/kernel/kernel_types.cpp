// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel_types.h"

#include <bpf/btf.h>

#include "kernel/libbpf_log.h"

namespace vfswatchd {

void KernelTypes::Deleter::operator()(btf* types) const {
    btf__free(types);
}

KernelTypes KernelTypes::load() {
    const LibbpfLog quiet;
    KernelTypes kernel;
    kernel.types_.reset(btf__load_vmlinux_btf());
    return kernel;
}

bool KernelTypes::has_function(const std::string& name) const {
    return types_ && btf__find_by_name_kind(types_.get(), name.c_str(), BTF_KIND_FUNC) > 0;
}

bool KernelTypes::has_helper(const std::string& name) const {
    if (!types_) return false;
    const __s32 id = btf__find_by_name_kind(types_.get(), "bpf_func_id", BTF_KIND_ENUM);
    if (id <= 0) return false;
    const btf_type* type = btf__type_by_id(types_.get(), static_cast<__u32>(id));
    const auto* values = btf_enum(type);
    for (std::size_t i = 0; i < btf_vlen(type); i++)
        if ("BPF_FUNC_" + name == btf__name_by_offset(types_.get(), values[i].name_off))
            return true;
    return false;
}

}  // namespace vfswatchd
