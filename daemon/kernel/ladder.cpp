// SPDX-License-Identifier: Apache-2.0
#include "kernel/ladder.h"

#include <algorithm>
#include <string>

#include "kernel/platform.h"
#include "kernel/rungs.h"

namespace vfswatchd {
namespace {

std::vector<AccountingMethod> accounting_methods(const ProbeWishes& wishes) {
    if (wishes.accounting) return {*wishes.accounting};
    std::vector<AccountingMethod> methods;
    for (const AccountingRung& rung : kAccountingLadder)
        methods.push_back(rung.method);
    methods.push_back(AccountingMethod::kExit);
    return methods;
}

std::vector<ExitMethod> exit_methods(const ProbeWishes& wishes) {
    if (wishes.exit) return {*wishes.exit};
    std::vector<ExitMethod> methods;
    for (const ExitRung& rung : kExitLadder)
        methods.push_back(rung.method);
    return methods;
}

/// A wish is taken even if it misses.
bool is_taken(const MethodTrial& accounting, const ProbeWishes& wishes) {
    return accounting.exact || (wishes.accounting && accounting.works);
}

/// Tries the exit methods, the first of which `first` is the trial of; returns what to take.
/// Absent: none works.
std::optional<ExitMethod> choose_exit(AccountingMethod accounting,
                                      const std::vector<ExitMethod>& methods, const Trial& first,
                                      const BeforeTrial& before_trial, LadderOutcome& outcome) {
    std::optional<ExitMethod> working;
    for (const ExitMethod method : methods) {
        if (method == ExitMethod::kOff) return method;
        Trial trial = first;
        if (!outcome.exit.empty()) {
            before_trial();
            trial = try_methods({accounting, method});
        }
        outcome.exit.push_back({method, trial.exit});
        if (trial.exit.exact) return method;
        if (trial.exit.works && !working) working = method;
    }
    return working;
}

/// The last rung: the ends of reads account too, by the first method that sees all of them, or
/// that works at all.
void account_at_exit(const std::vector<ExitMethod>& methods, const BeforeTrial& before_trial,
                     LadderOutcome& outcome) {
    RungOutcome<AccountingMethod> taken = {
        AccountingMethod::kExit,
        {false, false, plain_error("no method at the ends of reads can count")}};
    for (const ExitMethod method : methods) {
        const ExitRung* rung = exit_rung(method);
        if (rung == nullptr || !rung->accounts) continue;
        before_trial();
        const Trial trial = try_methods({AccountingMethod::kExit, method});
        outcome.exit.push_back({method, trial.exit});
        if (!trial.accounting.exact && (!trial.accounting.works || outcome.chosen)) continue;
        outcome.chosen = {AccountingMethod::kExit, method};
        taken.trial = trial.accounting;
        if (trial.accounting.exact) break;
    }
    outcome.accounting.push_back(std::move(taken));
}

template <typename Method>
void add_refusals(const std::string& what, const std::vector<RungOutcome<Method>>& outcomes,
                  Error& refusals) {
    for (const auto& [method, trial] : outcomes) {
        if (trial.exact) continue;
        refusals.context += (refusals.context.empty() ? "" : "; ") + what + " by " +
                            std::string(method_name(method)) + ": " + trial.reason.message();
        refusals.code = trial.reason.code;
    }
}

template <typename Method>
std::vector<Method> after(std::vector<Method> methods, Method method) {
    const auto found = std::find(methods.begin(), methods.end(), method);
    methods.erase(methods.begin(), found == methods.end() ? found : found + 1);
    return methods;
}

LadderOutcome climb_with_paths(const ProbeWishes& wishes, const BeforeTrial& before_trial) {
    LadderOutcome outcome;
    const auto exits = exit_methods(wishes);
    for (const AccountingMethod method : accounting_methods(wishes)) {
        if (method == AccountingMethod::kExit) {
            account_at_exit(exits, before_trial, outcome);
            break;
        }
        before_trial();
        const Trial trial = try_methods({method, exits.front()});
        outcome.accounting.push_back({method, trial.accounting});
        if (!is_taken(trial.accounting, wishes)) continue;
        const auto exit = choose_exit(method, exits, trial, before_trial, outcome);
        // Counts do without it, but who wished for a method is told that it is refused.
        if (exit || !wishes.exit) outcome.chosen = {method, exit.value_or(ExitMethod::kOff)};
        break;
    }
    return outcome;
}

/// Under lockdown=confidentiality no program may read paths; the others count wholes.
LadderOutcome climb_without_paths(const ProbeWishes& wishes, const BeforeTrial& before_trial) {
    LadderOutcome outcome;
    for (const AccountingMethod method : accounting_methods(wishes)) {
        if (method == AccountingMethod::kExit) break;
        before_trial();
        const Trial trial = try_methods({method, ExitMethod::kOff, false});
        outcome.accounting.push_back({method, trial.accounting});
        if (!is_taken(trial.accounting, wishes)) continue;
        outcome.chosen = {method, ExitMethod::kOff, false};
        break;
    }
    return outcome;
}

}  // namespace

Error LadderOutcome::refusals() const {
    Error refusals = plain_error("");
    add_refusals("accounting", accounting, refusals);
    add_refusals("ends of reads", exit, refusals);
    return refusals;
}

LadderOutcome climb_ladders(const ProbeWishes& wishes, const BeforeTrial& before_trial) {
    LadderOutcome outcome = climb_with_paths(wishes, before_trial);
    const bool wishes_for_ends = wishes.exit && *wishes.exit != ExitMethod::kOff;
    if (outcome.chosen || wishes_for_ends || read_platform().lockdown != "confidentiality")
        return outcome;
    LadderOutcome without_paths = climb_without_paths(wishes, before_trial);
    return without_paths.chosen ? without_paths : outcome;
}

std::optional<ProbeMethods> find_better(ProbeMethods now, const ProbeWishes& wishes, Misses misses,
                                        const BeforeTrial& before_trial) {
    if (now.accounting == AccountingMethod::kExit) return std::nullopt;
    ProbeMethods better = now;
    if (misses.accounting)
        for (const AccountingMethod method : after(accounting_methods(wishes), now.accounting)) {
            if (method == AccountingMethod::kExit) break;
            before_trial();
            if (!try_methods({method, ExitMethod::kOff, now.paths}).accounting.exact) continue;
            better.accounting = method;
            break;
        }
    if (misses.exit && now.paths)
        for (const ExitMethod method : after(exit_methods(wishes), now.exit)) {
            if (method == ExitMethod::kOff) break;
            before_trial();
            if (!try_methods({better.accounting, method}).exit.exact) continue;
            better.exit = method;
            break;
        }
    if (better == now) return std::nullopt;
    return better;
}

}  // namespace vfswatchd
