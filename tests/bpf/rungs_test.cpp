// SPDX-License-Identifier: Apache-2.0
// The ladders name programs of the BPF object by text: is each there, and is none forgotten?
#include "kernel/rungs.h"

#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace vfswatchd {
namespace {

struct ObjectCloser {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};

std::set<std::string> programs_in(const char* file) {
    const std::unique_ptr<bpf_object, ObjectCloser> object(bpf_object__open_file(file, nullptr));
    std::set<std::string> names;
    if (!object) return names;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) names.insert(bpf_program__name(program));
    return names;
}

std::set<std::string> programs_of_ladders() {
    // Of no rung: they keep the books.
    std::set<std::string> names = {"dump_residues", "free_drained_sums", "forget_places",
                                   "list_holders", "survey_tasks"};
    for (const AccountingRung& rung : kAccountingLadder) {
        names.insert({rung.account, rung.resolve, rung.end_task, rung.follow_child});
        if (rung.settle_task != nullptr) names.insert(rung.settle_task);
    }
    for (const ExitRung& rung : kExitLadder) {
        names.emplace(rung.snippet);
        for (const std::string_view function : kReadFunctions) {
            names.insert(std::string(rung.leave) + std::string(function));
            if (!rung.enter.empty()) names.insert(std::string(rung.enter) + std::string(function));
        }
    }
    for (const PathRung& rung : kPathRungs)
        for (const std::string_view name :
             {rung.enter, rung.leave, rung.enter_multi, rung.leave_multi})
            if (!name.empty()) names.emplace(name);
    return names;
}

TEST(Rungs, NameAllProgramsOfTheObject) {
    EXPECT_EQ(programs_in(VFSWATCHD_BPF_FOLDER "/vfswatch.bpf.o"), programs_of_ladders());
}

TEST(Rungs, NameTheSameProgramsWithoutTypedCasts) {
    EXPECT_EQ(programs_in(VFSWATCHD_BPF_FOLDER "/vfswatch_untyped.bpf.o"), programs_of_ladders());
}

TEST(Rungs, ThereIsOneForEachMethod) {
    for (const auto& [word, method] : kAccountingMethods)
        EXPECT_EQ(accounting_rung(method) != nullptr, method != AccountingMethod::kExit) << word;
    for (const auto& [word, method] : kExitMethods)
        EXPECT_EQ(exit_rung(method) != nullptr, method != ExitMethod::kOff) << word;
}

}  // namespace
}  // namespace vfswatchd
