/* SPDX-License-Identifier: GPL-2.0 */
/* Which sum a run is kept in: found, or made at the first sight of its key. */
#ifndef VFSWATCH_CHOOSE_BPF_H
#define VFSWATCH_CHOOSE_BPF_H

#include "path.bpf.h"
#include "run.bpf.h"
#include "walk.bpf.h"

/*
 * A sum of its own for all of these targets, or else one for those that are
 * below their ceiling.  A sum that is there is kept to, whatever the ceilings
 * say now.  Returns it, with *over_targets those that have none; NULL with
 * all of them in *over_targets: over the ceiling; NULL with fewer: to be made,
 * for the targets in key.
 */
static __always_inline struct vfswatch_sum *
find_sum_below_ceiling(struct vfswatch_sum_key *key, struct vfswatch_sum_place *place,
		       __u64 targets, __u64 *over_targets)
{
	struct vfswatch_sum *sum;

	*over_targets = 0;
	key->targets = targets;
	sum = find_sum(key, place);
	if (sum)
		return sum;
	*over_targets = targets_at_ceiling(targets);
	if (!*over_targets || *over_targets == targets)
		return NULL;
	key->targets = targets & ~*over_targets;
	return find_sum(key, place);
}

static __always_inline struct vfswatch_sum *
find_keyed_sum(struct vfswatch_run *run, __u64 path, __u64 targets,
	       struct vfswatch_sum_place *place, __u64 *over_targets)
{
	struct vfswatch_sum_key key = {};

	fill_sum_key(&key, run, path);
	return find_sum_below_ceiling(&key, place, targets, over_targets);
}

/* Does user space know the paths that this sum's labels need? */
static __always_inline bool is_announced(struct vfswatch_sum *sum, struct vfswatch_run *run)
{
	return sum->announced && (!(run->fields & VFSWATCH_FIELD_CGROUP) ||
				  bpf_map_lookup_elem(&cgroups, &run->who.cgroup));
}

/* Keeps the run in a sum that is there; false: it takes the path to make one. */
static __always_inline bool choose_known_sum(struct vfswatch_run *run, __u64 targets,
					     struct task_struct *task)
{
	struct vfswatch_name *name = &run->known;
	struct vfswatch_sum_place place = { name->sum_id, name->sum_generation };
	struct vfswatch_sum *sum;
	__u64 over_targets = 0;

	keep_labels(run, task, targets);
	if (!run->fields && targets == name->sum_targets && place.id)
		sum = sum_in(&place);
	else
		sum = find_keyed_sum(run, name->path, targets, &place, &over_targets);
	if (!sum && over_targets == targets) {
		charge_to_none(run, targets);
		return true;
	}
	if (!sum || !is_announced(sum, run))
		return false;
	charge_to_sum(run, place.id, sum, targets, over_targets);
	return true;
}

/* Keeps the run in a sum, made if need be; notes in the name what needs no labels. */
static __always_inline void choose_sum(struct walk *walk, struct vfswatch_run *run,
				       __u64 targets, struct task_struct *task)
{
	struct vfswatch_name *name = &run->known;
	struct vfswatch_sum_place place = {};
	struct vfswatch_sum_key key = {};
	struct vfswatch_sum *sum;
	__u64 over_targets;

	keep_labels(run, task, targets);
	fill_sum_key(&key, run, name->path);
	sum = find_sum_below_ceiling(&key, &place, targets, &over_targets);
	if (!sum && over_targets != targets)
		sum = new_sum(&key, &place);
	if (!sum) {
		charge_to_none(run, targets);
		return;
	}
	charge_to_sum(run, place.id, sum, targets, over_targets);
	if (!sum->announced && announce(walk, VFSWATCH_NAME_OF_FILE, name->path))
		sum->announced = 1;
	/* Not announced yet: come back at the next read. */
	if (!is_announced(sum, run))
		run->name.dentry = 0;
	if (!run->fields && !over_targets) {
		name->sum_targets = targets;
		name->sum_id = place.id;
		name->sum_generation = place.generation;
	}
}

/* Tells user space the path of the task's cgroup where a label shows it. */
static __always_inline void announce_cgroup(struct walk *walk, struct task_struct *task,
					    __u64 targets)
{
	__u64 id;
	__u32 told = 1;

	if (!settings.cgroup_targets || !(targets & settings.cgroup_targets))
		return;
	id = bpf_get_current_cgroup_id();
	if (bpf_map_lookup_elem(&cgroups, &id))
		return;
	read_cgroup_path(walk, task);
	/* Moved meanwhile: the path may be of another one. */
	if (id == bpf_get_current_cgroup_id() && announce(walk, VFSWATCH_NAME_OF_CGROUP, id))
		bpf_map_update_elem(&cgroups, &id, &told, BPF_ANY);
}

#endif
