// SPDX-License-Identifier: Apache-2.0
// attach_empty OBJECT: attaches every program of a BPF object, says `attached` and holds them until
// it is ended by a signal. (bpftrace 0.17 could, but finds no fexit on 5.10.)
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstdio>

namespace {

bool attach_all(const char* file) {
    bpf_object* object = bpf_object__open_file(file, nullptr);
    if (object == nullptr || bpf_object__load(object) != 0) return false;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
        if (bpf_program__attach(program) == nullptr) return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 || !attach_all(argv[1])) {
        std::fprintf(stderr, "attach_empty: cannot attach (usage: attach_empty OBJECT)\n");
        return 1;
    }
    std::puts("attached");
    std::fflush(stdout);
    pause();
    return 0;
}
