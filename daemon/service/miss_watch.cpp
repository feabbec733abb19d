// SPDX-License-Identifier: Apache-2.0
#include "service/miss_watch.h"

#include <string>
#include <utility>

#include "kernel/rungs.h"
#include "service/long_work.h"

namespace vfswatchd {
namespace {

std::uint64_t missed_by(ProbeRole role, const std::vector<AttachedProbe>& probes) {
    std::uint64_t missed = 0;
    for (const AttachedProbe& probe : probes)
        if (probe.role == role && !is_end_of_task(probe.function)) missed += probe.missed;
    return missed;
}

std::string names(ProbeMethods methods) {
    return "accounting by " + std::string(method_name(methods.accounting)) + ", ends of reads by " +
           std::string(method_name(methods.exit));
}

}  // namespace

void MissWatch::look() {
    const auto probes = watch_.attached();
    const KernelDrops drops = watch_.drops();
    Misses misses = {
        has_grown(Symptom::kAccountingMissed, missed_by(ProbeRole::kAccounting, probes)),
        has_grown(Symptom::kExitMissed, missed_by(ProbeRole::kExit, probes))};
    if (has_grown(Symptom::kSnippetsMissed, missed_by(ProbeRole::kSnippets, probes)))
        misses.exit = true;
    if (has_grown(Symptom::kPathsMissed, missed_by(ProbeRole::kPaths, probes)))
        watch_.forget_paths();
    has_grown(Symptom::kTaskTableFull, drops.task_table_full);
    has_grown(Symptom::kChildUnfollowed, drops.children_unfollowed);
    has_grown(Symptom::kNameRingFull, drops.name_ring_full);
    has_grown(Symptom::kTorn, drops.residue_torn);
    improve({misses.accounting && !given_up_.accounting, misses.exit && !given_up_.exit});
}

bool MissWatch::has_grown(Symptom symptom, std::uint64_t now) {
    const std::uint64_t before = std::exchange(seen_[symptom], now);
    if (before == 0 && now != 0) explain(symptom, now);
    return now > before;
}

void MissWatch::explain(Symptom symptom, std::uint64_t now) const {
    const std::string times = std::to_string(now) + " times so far";
    switch (symptom) {
        case Symptom::kAccountingMissed:
            if (watch_.methods().accounting == AccountingMethod::kExit)
                return log_.warning(
                    "the kernel skipped the accounting probes, " + times +
                    ": these reads are not counted; vfswatch_probe_missed_total{"
                    "role=\"accounting\"} says how many; see vfswatchctl doctor for an exact way");
            return log_.warning("the kernel skipped the accounting probe, " + times +
                                ": these reads may be charged to the file that their task read "
                                "before, and an ended task's last reads be lost; see vfswatchctl "
                                "doctor for an exact way");
        case Symptom::kExitMissed:
            return log_.warning("the kernel skipped the probes at the ends of reads, " + times +
                                ": errors, ends of file and durations are too low, and samples "
                                "fewer; bytes and calls are not touched");
        case Symptom::kPathsMissed:
            return log_.warning(
                "the kernel skipped the probe at a rename of a directory or a "
                "change of mounts, " +
                times +
                ": files below were counted, and may have been copied, by their old path for up to "
                "a second");
        case Symptom::kSnippetsMissed:
            return log_.warning("the kernel skipped the probe that samples reads, " + times +
                                ": these reads were not sampled; bytes and calls are not touched");
        case Symptom::kChildUnfollowed:
            return log_.warning("the table of tasks was full when a process made a child, " +
                                times +
                                ": where its target follows children the child may be left out; "
                                "raise limits.max_tasks");
        case Symptom::kTaskTableFull:
            return log_.warning("the table of tasks is full, " + times +
                                ": these calls are unattributed; raise limits.max_tasks");
        case Symptom::kNameRingFull:
            return log_.warning("the ring of names was full, " + times +
                                ": their reads are in the target's totals, and under their file "
                                "when it is next read");
        case Symptom::kTorn:
            return log_.info("a scrape met a task that was just turning to another file, " + times +
                             ": the next scrape shows its reads");
    }
}

void MissWatch::improve(Misses misses) {
    if (!misses.accounting && !misses.exit) return;
    const LongWork work;
    move_to_better(misses);
}

void MissWatch::move_to_better(Misses misses) {
    const auto better = find_better(watch_.methods(), wishes_, misses, LongWork::go_on);
    if (!better) {
        given_up_.accounting = given_up_.accounting || misses.accounting;
        given_up_.exit = given_up_.exit || misses.exit;
        return log_.notice("no better method is there, or allowed by the configuration: " +
                           names(watch_.methods()) + " stays");
    }
    LongWork::go_on();
    if (const auto done = watch_.move_to(*better); !done) {
        given_up_ = {true, true};
        return log_.warning("could not move to " + names(*better) + ": " + done.error().message());
    }
    log_.notice("moved to " + names(*better) + "; no count was lost or doubled by it");
}

}  // namespace vfswatchd
