// SPDX-License-Identifier: Apache-2.0
// Attaches the probes of one setup, says `attached` and holds them until it is ended by a signal.
//
//   attach_probes empty OBJECT                 every program of a BPF object
//   attach_probes accounting CONFIG            the daemon's accounting, without its exit probe
//
// The daemon has no key that leaves the exit probe out; the production functions have.
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "config/load.h"
#include "kernel/ladder.h"
#include "kernel/probes.h"
#include "policy/lower.h"

namespace {

using namespace vfswatchd;

int complain(const std::string& message) {
    std::fprintf(stderr, "attach_probes: %s\n", message.c_str());
    return 1;
}

int hold() {
    std::puts("attached");
    std::fflush(stdout);
    pause();
    return 0;
}

int attach_object(const char* file) {
    bpf_object* object = bpf_object__open_file(file, nullptr);
    if (object == nullptr || bpf_object__load(object) != 0)
        return complain("cannot load the object");
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
        if (bpf_program__attach(program) == nullptr) return complain("cannot attach the object");
    }
    return hold();
}

Result<Probes> attach_accounting(const Config& config) {
    auto filter = lower(config);
    if (!filter) return fail(filter.error());
    ProbeWishes wishes = config.probe;
    wishes.exit = ExitMethod::kOff;
    const LadderOutcome outcome = climb_ladders(wishes);
    if (!outcome.chosen) return fail(outcome.accounting.back().trial.reason.within("no method"));
    auto probes = Probes::load(*filter, table_sizes(config, *filter), *outcome.chosen);
    if (!probes) return probes;
    if (auto done = probes->attach_accounting(); !done) return fail(done.error());
    return probes;
}

int hold_accounting(const char* file) {
    const auto config = load_config(file);
    if (!config) return complain(format_fault(config.error().front()));
    const auto probes = attach_accounting(*config);
    if (!probes) return complain(probes.error().message());
    return hold();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc == 3 ? argv[1] : "";
    if (mode == "empty") return attach_object(argv[2]);
    if (mode == "accounting") return hold_accounting(argv[2]);
    std::fprintf(stderr, "usage: attach_probes empty OBJECT | accounting CONFIG\n");
    return 2;
}
