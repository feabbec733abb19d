/* SPDX-License-Identifier: GPL-2.0 */
/* Which targets does this process belong to, and this file by its type? */
#ifndef VFSWATCH_TARGET_BPF_H
#define VFSWATCH_TARGET_BPF_H

#include "maps.bpf.h"
#include "task.bpf.h"

static __always_inline bool process_is_named(__u32 tgid)
{
	/* The mask tells the verifier what PID_MAX_LIMIT already promises. */
	return named_tgids[(tgid & (VFSWATCH_TGID_LIMIT - 1)) / 64] >> (tgid % 64) & 1;
}

/* Where processes are decided by more than their number, each task is looked at. */
static __always_inline bool process_may_be_wanted(__u32 tgid)
{
	return settings.any_process_targets || settings.process_fields ||
	       settings.follow_targets || process_is_named(tgid);
}

/* A pid means its first holder: the first that reads takes an unbound one. */
static __always_inline bool is_first_holder(struct vfswatch_process *process,
					    struct task_struct *task)
{
	__u64 ticks = start_ticks(task);

	if (process->start_ticks == VFSWATCH_PROCESS_UNBOUND)
		process->start_ticks = ticks;
	return process->start_ticks == ticks;
}

static __always_inline __u64 numbered_targets(struct task_struct *task, __u32 tgid)
{
	struct vfswatch_process *process;

	if (!process_is_named(tgid))
		return 0;
	process = bpf_map_lookup_elem(&processes, &tgid);
	return process && is_first_holder(process, task) ? process->targets : 0;
}

/* Who wants a process, as far as it takes no path to tell. */
static __always_inline __u64 process_targets(struct task_struct *task, __u32 tgid,
					     struct vfswatch_who *who)
{
	__u64 targets = settings.any_process_targets | numbered_targets(task, tgid);
	__u64 *named;

	if (settings.process_fields & VFSWATCH_FIELD_COMM) {
		named = bpf_map_lookup_elem(&comms, who->comm);
		targets |= named ? *named : 0;
	}
	if (settings.process_fields & VFSWATCH_FIELD_UID) {
		named = bpf_map_lookup_elem(&uids, &who->uid);
		targets |= named ? *named : 0;
	}
	return targets;
}

/* Paths of executables and cgroups decide as well. */
static __always_inline bool process_has_paths(void)
{
	return !settings.paths_hidden && (settings.exe_start || settings.cgroup_start);
}

/* The number's first holder is gone, whether it ever read or not. */
static __always_inline void forget_process(struct task_struct *task)
{
	struct vfswatch_process *process;
	__u32 tgid = TASK_READ(task, tgid);

	/*
	 * Not pid == tgid: a child whose fork failed half-way is freed here too, and
	 * still has its parent's numbers.
	 */
	if (TASK_READ(task, group_leader) != task || !process_is_named(tgid))
		return;
	process = bpf_map_lookup_elem(&processes, &tgid);
	if (process && is_first_holder(process, task))
		process->start_ticks = VFSWATCH_PROCESS_GONE;
}

static __always_inline __u32 file_type(struct inode *inode)
{
	/* Some kernels call anonymous inodes regular files among themselves. */
	if (inode->i_sb->s_magic == ANON_INODE_FS_MAGIC)
		return FILE_TYPE_OTHER;
	return inode->i_mode >> 12;
}

static __always_inline __u64 type_targets(__u32 type)
{
	return settings.type_targets[type & (VFSWATCH_FILE_TYPES - 1)];
}

#endif
