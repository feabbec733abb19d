// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "kernel/ladder.h"
#include "model/probe.h"
#include "service/log.h"
#include "service/watch.h"

namespace vfswatchd {

/// Looks whether the kernel skips our probes or its tables are full: explains each once in the
/// log, and moves to better methods where there are any.
/// Thread: the loop.
class MissWatch {
  public:
    MissWatch(Watch& watch, const ProbeWishes& wishes, const Log& log)
        : watch_(watch), wishes_(wishes), log_(log) {}

    void look();

  private:
    enum class Symptom {
        kAccountingMissed,
        kExitMissed,
        kPathsMissed,
        kSnippetsMissed,
        kTaskTableFull,
        kChildUnfollowed,
        kNameRingFull,
        kTorn,
    };

    /// Did it grow since the last look? Explains it the first time.
    bool has_grown(Symptom symptom, std::uint64_t now);
    void explain(Symptom symptom, std::uint64_t now) const;
    void improve(Misses misses);
    void move_to_better(Misses misses);

    Watch& watch_;
    const ProbeWishes wishes_;
    const Log& log_;
    std::map<Symptom, std::uint64_t> seen_;
    Misses given_up_;  ///< nothing better was found
};

}  // namespace vfswatchd
