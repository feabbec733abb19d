// SPDX-License-Identifier: Apache-2.0
#include "service/kept_head.h"

namespace vfswatchd {

void KeptHead::follow(const Roster& next) {
    const TargetMask before = roster.owned();
    held.by_reads |= before;
    held.by_inheritance |= before;
    roster = next;
}

void KeptHead::save(ByteWriter& out) const {
    out.put_text(layout);
    foundation.save(out);
    roster.save(out);
    out.put(held.by_reads);
    out.put(held.by_inheritance);
}

KeptHead KeptHead::load(ByteReader& in) {
    KeptHead head;
    head.layout = in.get_text();
    // What follows means nothing then.
    if (head.layout != vfswatchd::layout()) return head;
    head.foundation = Foundation::load(in);
    head.roster = Roster::load(in);
    head.held.by_reads = in.get<TargetMask>();
    head.held.by_inheritance = in.get<TargetMask>();
    return head;
}

}  // namespace vfswatchd
