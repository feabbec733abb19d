/* SPDX-License-Identifier: GPL-2.0 */
/* Sums: what is kept of reads, and for whom.  Shared by all tasks, so every add is atomic. */
#ifndef VFSWATCH_SUM_BPF_H
#define VFSWATCH_SUM_BPF_H

#include "maps.bpf.h"

static __always_inline void add(struct vfswatch_amount *to, struct vfswatch_amount amount)
{
	__sync_fetch_and_add(&to->bytes, amount.bytes);
	__sync_fetch_and_add(&to->calls, amount.calls);
}

/* Over the ceiling: each target that wants the reads has a sum of the rest. */
static __always_inline void charge_overflow(__u64 targets, struct vfswatch_amount amount)
{
	for (int target = 0; target < VFSWATCH_MAX_TARGETS; target++)
		if (targets >> target & 1)
			add(&stats.overflow[target], amount);
}

static __always_inline void charge_unattributed(__u32 reason, struct vfswatch_amount amount)
{
	if (reason < VFSWATCH_UNATTRIBUTED_REASONS)
		add(&stats.unattributed[reason], amount);
}

static __always_inline void charge_sum(__u32 id, struct vfswatch_amount amount)
{
	struct vfswatch_sum *sum = bpf_map_lookup_elem(&sums, &id);

	if (!sum)
		return;
	__sync_fetch_and_add(&sum->bytes, amount.bytes);
	__sync_fetch_and_add(&sum->calls, amount.calls);
}

/* A new sum's id; 0: the table is full. */
static __always_inline __u32 new_sum(const struct vfswatch_sum_key *key)
{
	struct vfswatch_sum *sum;
	__u32 id, *winner;

	if (bpf_map_pop_elem(&free_sums, &id))
		return 0;
	sum = bpf_map_lookup_elem(&sums, &id);
	if (!sum)
		return 0;
	sum->key = *key;
	if (bpf_map_update_elem(&sum_ids, key, &id, BPF_NOEXIST)) {
		bpf_map_push_elem(&free_sums, &id, 0);
		winner = bpf_map_lookup_elem(&sum_ids, key);
		return winner ? *winner : 0;
	}
	barrier();
	sum->live = 1;
	__sync_fetch_and_add(&stats.sums_created, 1);
	return id;
}

static __always_inline __u32 find_sum(const struct vfswatch_sum_key *key)
{
	__u32 *id = bpf_map_lookup_elem(&sum_ids, key);

	return id ? *id : new_sum(key);
}

#endif
