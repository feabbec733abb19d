/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sums: what is kept of reads, and for whom.  Shared by all tasks, so every add
 * is atomic.
 *
 * A sum that nobody reads any more is given back: user space marks it, waits
 * until every program that may have taken it before has ended, and frees it if
 * no run holds it.  Where two sums are kept for one key, user space adds them up.
 */
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

static __always_inline struct vfswatch_sum *sum_at(__u32 id)
{
	return id ? bpf_map_lookup_elem(&sums, &id) : NULL;
}

static __always_inline void charge_sum(__u32 id, struct vfswatch_amount amount)
{
	struct vfswatch_sum *sum = sum_at(id);

	if (!sum)
		return;
	__sync_fetch_and_add(&sum->bytes, amount.bytes);
	__sync_fetch_and_add(&sum->calls, amount.calls);
}

/* The sum that was put there; NULL: it was given back, or is about to be. */
static __always_inline struct vfswatch_sum *sum_in(const struct vfswatch_sum_place *place)
{
	struct vfswatch_sum *sum = sum_at(place->id);

	if (!sum || sum->generation != place->generation || sum->state != VFSWATCH_SUM_LIVE)
		return NULL;
	return sum;
}

static __always_inline bool same_key(const struct vfswatch_sum_key *one,
				     const struct vfswatch_sum_key *other)
{
	const __u64 *a = (const __u64 *)one, *b = (const __u64 *)other;

	for (__u32 i = 0; i < sizeof(*one) / sizeof(*a); i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static __always_inline struct vfswatch_sum *find_sum(const struct vfswatch_sum_key *key,
						     struct vfswatch_sum_place *place)
{
	struct vfswatch_sum_place *known = bpf_map_lookup_elem(&sum_places, key);

	struct vfswatch_sum *sum;

	place->id = 0;
	if (!known)
		return NULL;
	*place = *known;
	sum = sum_in(place);
	/* The kernel may have reused the entry for another key while this program was preempted. */
	return sum && same_key(&sum->key, key) ? sum : NULL;
}

static __always_inline void count_sum(__u64 targets, __u64 how_many)
{
	for (int target = 0; target < VFSWATCH_MAX_TARGETS; target++)
		if (targets >> target & 1)
			__sync_fetch_and_add(&stats.target_sums[target], how_many);
}

/* NULL: the table is full. */
static __always_inline struct vfswatch_sum *new_sum(const struct vfswatch_sum_key *key,
						    struct vfswatch_sum_place *place)
{
	struct vfswatch_sum *sum;

	place->id = 0;
	if (bpf_map_pop_elem(&free_sums, &place->id))
		return NULL;
	sum = sum_at(place->id);
	if (!sum)
		return NULL;
	place->generation = sum->generation;
	sum->key = *key;
	sum->announced = 0;
	if (bpf_map_update_elem(&sum_places, key, place, BPF_ANY)) {
		bpf_map_push_elem(&free_sums, &place->id, 0);
		place->id = 0;
		return NULL;
	}
	count_sum(key->targets, 1);
	/* Before it shows: user space looks for as many as there are. */
	__sync_fetch_and_add(&stats.sums_created, 1);
	barrier();
	sum->state = VFSWATCH_SUM_LIVE;
	return sum;
}

/*
 * Of these targets, who may have no more sums.  A global function, verified
 * once, and without branches: the verifier would follow each way through all of
 * them.
 */
__noinline __u64 targets_at_ceiling(__u64 targets)
{
	__u64 full = 0, room;

	if (stats.sums_created - stats.sums_freed >= settings.max_files)
		return targets;
	for (int target = 0; target < VFSWATCH_MAX_TARGETS; target++) {
		/* Below 0 where there is room. */
		room = stats.target_sums[target] - settings.target_max_files[target];
		full |= (~room >> 63) << target;
	}
	return full & targets;
}

/* Gives a drained sum's id back, once user space has marked it. */
static __always_inline int free_drained_sum(__u32 id, struct vfswatch_sum *sum)
{
	if (sum->state != VFSWATCH_SUM_DRAINED)
		return 0;
	count_sum(sum->key.targets, -1);
	sum->bytes = sum->calls = sum->errors = sum->eofs = 0;
	sum->generation++;
	sum->state = VFSWATCH_SUM_FREE;
	barrier();
	if (!bpf_map_push_elem(&free_sums, &id, 0))
		__sync_fetch_and_add(&stats.sums_freed, 1);
	return 0;
}

/* Drops the way to a sum that was given back. */
static __always_inline int forget_place(const struct vfswatch_sum_key *key,
					const struct vfswatch_sum_place *place)
{
	struct vfswatch_sum *sum = sum_at(place->id);
	struct vfswatch_sum_key copy = *key;

	if (!sum || sum->generation != place->generation || sum->state == VFSWATCH_SUM_DRAINED)
		bpf_map_delete_elem(&sum_places, &copy);
	return 0;
}

#endif
