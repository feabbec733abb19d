/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who wants a process.  Decided at a task's first read, and again at the first
 * read after anything has changed that it was decided by: nothing has to be
 * hooked for that, so nothing can be missed.
 */
#ifndef VFSWATCH_PROCESS_BPF_H
#define VFSWATCH_PROCESS_BPF_H

#include "path.bpf.h"
#include "run.bpf.h"
#include "walk.bpf.h"

/* Of a path that was cut nobody knows where it begins. */
static __always_inline __u64 whole_path_targets(struct walk *walk, __u32 start)
{
	return walk->flags & VFSWATCH_NAME_TRUNCATED ? 0 : path_targets(walk, start);
}

/*
 * Adds what takes a path to tell: by the executable and the cgroup.  False: a
 * rename raced.
 */
static __always_inline bool add_pathed_targets(struct walk *walk, struct task_struct *task,
					       __u64 *targets)
{
	struct file *exe;

	if (settings.cgroup_start) {
		read_cgroup_path(walk, task);
		*targets |= whole_path_targets(walk, settings.cgroup_start);
	}
	if (settings.exe_start) {
		exe = BPF_CORE_READ(task, mm, exe_file);
		/* Kernel threads have none. */
		if (!exe)
			return true;
		if (!read_file_path(walk, exe))
			return false;
		*targets |= whole_path_targets(walk, settings.exe_start);
	}
	return true;
}

/* As far as it takes no path; where it does, the decision stays open. */
static __always_inline void decide_process(struct vfswatch_run *run, struct task_struct *task)
{
	read_who(&run->who, task, settings.process_fields);
	run->inherited_targets &= inheritable_targets;
	run->process_targets = process_targets(task, run->tgid, &run->who) |
			       (run->inherited_targets & settings.follow_targets);
	run->decided_by = process_has_paths() ? 0 : settings.policy;
}

static __always_inline void finish_process(struct walk *walk, struct vfswatch_run *run,
					   struct task_struct *task)
{
	run->decided_by =
		add_pathed_targets(walk, task, &run->process_targets) ? settings.policy : 0;
}

/* The current task's run with its process decided, before it makes a child; NULL: no room. */
static __always_inline struct vfswatch_run *decided_run(struct task_struct *task)
{
	struct vfswatch_run *run = run_of(task);
	__u32 tgid = current_tgid();
	struct walk *walk;

	if (!run)
		run = new_run(task, tgid);
	if (!run)
		return NULL;
	if (run->tgid != tgid)
		begin_anew(run, task, tgid);
	if (same_process(run, task))
		return run;
	begin_change(run);
	settle(run, task);
	/* Its next read turns to the new decision. */
	charge_to_none(run, 0);
	run->name.dentry = 0;
	decide_process(run, task);
	if (!run->decided_by) {
		walk = open_walk();
		if (walk)
			finish_process(walk, run, task);
		close_walk();
	}
	end_change(run);
	return run->decided_by ? run : NULL;
}

/* A run for a task that has none, which inherits from its parent. */
static __always_inline void inherit(struct task_struct *child, __u64 targets)
{
	struct vfswatch_run *run = make_run(child);

	if (run)
		run->inherited_targets |= targets;
	else
		__sync_fetch_and_add(&stats.children_unfollowed, 1);
}

/*
 * When a task is made, by its parent.  A thread is no child of its process: it
 * inherits what the process inherited.
 */
static __always_inline int follow_child(struct task_struct *child, __u64 clone_flags)
{
	struct vfswatch_run *run = decided_run(current_task());
	__u64 targets;

	if (!run) {
		__sync_fetch_and_add(&stats.children_unfollowed, 1);
		return 0;
	}
	targets = clone_flags & CLONE_THREAD ? run->inherited_targets : run->process_targets;
	targets &= settings.follow_targets;
	run = run_of(child);
	if (run) {
		/* Of an ended task whose end was not seen, at the same address. */
		run->tgid = 0;
		run->inherited_targets = targets;
	} else if (targets) {
		inherit(child, targets);
	}
	return 0;
}

/*
 * When a target begins: a task whose parent is followed already, or would be.  Only what
 * has a row in the table of tasks is followed at the next pass, so the daemon
 * repeats it until nothing is new.
 */
static __always_inline int follow_known_child(struct task_struct *task)
{
	struct task_struct *parent = task->real_parent;
	__u32 tgid = parent->tgid;
	struct vfswatch_who who = {};
	struct vfswatch_run *run;
	struct walk *walk;
	__u64 targets;

	read_who(&who, parent, settings.process_fields &
			       (VFSWATCH_FIELD_COMM | VFSWATCH_FIELD_UID));
	targets = process_targets(parent, tgid, &who);
	if (process_has_paths()) {
		walk = open_walk();
		if (walk)
			add_pathed_targets(walk, parent, &targets);
		close_walk();
	}
	run = run_of(parent);
	if (run)
		targets |= run->inherited_targets;
	targets &= surveyed_targets;
	run = run_of(task);
	if (!(targets & ~(run ? run->inherited_targets : 0)))
		return 0;
	__sync_fetch_and_add(&children_adopted, 1);
	/* The task itself sees it at its next read. */
	if (run)
		run->inherited_targets |= targets;
	else
		inherit(task, targets);
	return 0;
}

#endif
