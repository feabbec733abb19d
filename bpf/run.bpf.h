/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs: one task's reads of one name under one decision.  A run is written by
 * its own task only, so it needs no lock.
 *
 * The meter tells what a task has read in all.  Charged to a run is what it grew
 * by since the run began.  It is the kernel's own (rchar and syscr), or, on the
 * last rung of the accounting ladder, what the hooks at the ends of reads saw.
 */
#ifndef VFSWATCH_RUN_BPF_H
#define VFSWATCH_RUN_BPF_H

#include "maps.bpf.h"
#include "name.bpf.h"
#include "sum.bpf.h"
#include "target.bpf.h"
#include "task.bpf.h"

static __always_inline struct vfswatch_run *run_of(struct task_struct *task)
{
	__u64 key = (__u64)task;

	return bpf_map_lookup_elem(&runs, &key);
}

static __always_inline struct vfswatch_amount read_meter(const volatile struct vfswatch_run *run,
							 struct task_struct *task)
{
	struct vfswatch_amount meter;

	if (settings.account_at_exit) {
		meter.bytes = run->seen.bytes;
		meter.calls = run->seen.calls;
	} else {
		meter.bytes = TASK_READ(task, ioac.rchar);
		meter.calls = TASK_READ(task, ioac.syscr);
	}
	return meter;
}

/* An empty run, of no process; NULL: the table is full, or the task has one. */
static __always_inline struct vfswatch_run *make_run(struct task_struct *task)
{
	/* Not on the stack, which has little room. */
	static const struct vfswatch_run fresh;
	__u64 key = (__u64)task;

	if (bpf_map_update_elem(&runs, &key, &fresh, BPF_NOEXIST))
		return NULL;
	__sync_fetch_and_add(&stats.runs_created, 1);
	return run_of(task);
}

/* The current task's first run; NULL: the table is full. */
static __always_inline struct vfswatch_run *new_run(struct task_struct *task, __u32 tgid)
{
	struct vfswatch_run *run = make_run(task);

	if (run) {
		run->begin = read_meter(run, task);
		run->tgid = tgid;
	}
	return run;
}

/* While a run changes its seq is odd: iter/task leaves it alone. */
static __always_inline void begin_change(struct vfswatch_run *run)
{
	run->seq++;
	barrier();
}

static __always_inline void end_change(struct vfswatch_run *run)
{
	barrier();
	run->seq++;
}

static __always_inline void charge(struct vfswatch_run *run, struct vfswatch_amount amount)
{
	if (run->unattributed) {
		charge_unattributed(run->unattributed, amount);
		return;
	}
	if (run->sum_id)
		charge_sum(run->sum_id, amount);
	if (run->over_targets)
		charge_overflow(run->over_targets, amount);
}

/* Charges what the task read since its run began. */
static __always_inline void settle(struct vfswatch_run *run, struct task_struct *task)
{
	struct vfswatch_amount now = read_meter(run, task), growth;

	growth.bytes = now.bytes - run->begin.bytes;
	growth.calls = now.calls - run->begin.calls;
	/* A sum may never fall, whatever task left this run behind. */
	if (run->targets && (growth.bytes || growth.calls) && now.bytes >= run->begin.bytes &&
	    now.calls >= run->begin.calls)
		charge(run, growth);
	run->begin = now;
}

/*
 * From here on the run charges this sum; 0: none.  A sum that is held is not
 * given back.  The new one first: user space may look in between.
 */
static __always_inline void hold_sum(struct vfswatch_run *run, __u32 id, struct vfswatch_sum *sum)
{
	struct vfswatch_sum *before;
	__u32 held = run->sum_id;

	if (held == id)
		return;
	if (sum)
		__sync_fetch_and_add(&sum->holders, 1);
	run->sum_id = id;
	before = sum_at(held);
	if (before)
		__sync_fetch_and_add(&before->holders, -1);
}

static __always_inline void hold_no_sum(struct vfswatch_run *run)
{
	hold_sum(run, 0, NULL);
}

/*
 * The run of an ended task whose end was not seen, at the same address, or of a
 * task that was made and now reads: the meter starts here, and what another
 * task read last is nobody's.
 */
static __always_inline void begin_anew(struct vfswatch_run *run, struct task_struct *task,
				       __u32 tgid)
{
	begin_change(run);
	/* What a task inherits was written when it was made. */
	if (run->tgid)
		run->inherited_targets = 0;
	run->tgid = tgid;
	run->decided_by = 0;
	run->targets = 0;
	run->over_targets = 0;
	hold_no_sum(run);
	run->fields = 0;
	run->name.dentry = 0;
	run->spliced_at = 0;
	run->started_ns = 0;
	run->begin = read_meter(run, task);
	end_change(run);
}

/*
 * Nothing has changed that the task's process is decided by.  Where another set of programs has had
 * the last word, this one decides again: both may be attached while one replaces the other, and a
 * read belongs to the decision that its start left.
 */
static __always_inline bool same_process(struct vfswatch_run *run, struct task_struct *task)
{
	/* An iterator may have written what it inherits meanwhile. */
	if (settings.follow_targets &&
	    run->inherited_targets & settings.follow_targets & ~run->process_targets)
		return false;
	return run->decided_by == settings.policy && same_who(&run->who, task, settings.process_fields);
}

static __always_inline bool same_labels(struct vfswatch_run *run, struct file *file,
					struct task_struct *task)
{
	if (run->fields & VFSWATCH_FIELD_INODE && run->name.inode != file->f_inode->i_ino)
		return false;
	/* What decides the process was compared already. */
	if (!same_who(&run->who, task, run->fields & ~settings.process_fields))
		return false;
	return !(run->fields & VFSWATCH_FIELD_CALL) || run->call == read_call(task);
}

/*
 * Every field of the kernel's costs some eight instructions here, so this asks
 * for no more than tells two names apart: were dentry and inode both freed and
 * made again at their old addresses, for the same parent and name, then it is
 * the same path.
 */
static __always_inline bool same_run(struct vfswatch_run *run, struct file *file,
				     struct task_struct *task)
{
	struct dentry *dentry = file->f_path.dentry;

	return run->name.dentry == (__u64)dentry && run->name.mount == (__u64)file->f_path.mnt &&
	       run->inode_address == (__u64)file->f_inode && run->name.name_hash == dentry->d_name.hash &&
	       run->path_version == path_version && (!run->fields || same_labels(run, file, task));
}

static __always_inline void remember_name(struct vfswatch_run *run, struct file *file,
					  __u32 type)
{
	read_name_key(&run->name, file);
	run->inode_address = (__u64)file->f_inode;
	/* Before anything is asked about it: what changes meanwhile is seen at the next read. */
	run->path_version = path_version;
	barrier();
	/*
	 * All anonymous inodes are one, and a closed one's dentry comes back at its
	 * address for another kind: nothing tells them apart at the next read.
	 */
	if (type == FILE_TYPE_OTHER)
		run->name.dentry = 0;
}

static __always_inline __u32 label_fields(__u64 targets)
{
	/* Known at load: most configurations ask for no label. */
	if (!(settings.pid_targets | settings.comm_targets | settings.uid_targets |
	      settings.call_targets | settings.cgroup_targets | settings.inode_targets))
		return 0;
	return (targets & settings.pid_targets ? VFSWATCH_FIELD_PID : 0) |
	       (targets & settings.comm_targets ? VFSWATCH_FIELD_COMM : 0) |
	       (targets & settings.uid_targets ? VFSWATCH_FIELD_UID : 0) |
	       (targets & settings.call_targets ? VFSWATCH_FIELD_CALL : 0) |
	       (targets & settings.cgroup_targets ? VFSWATCH_FIELD_CGROUP : 0) |
	       (targets & settings.inode_targets ? VFSWATCH_FIELD_INODE : 0);
}

static __always_inline void keep_labels(struct vfswatch_run *run, struct task_struct *task,
					__u64 targets)
{
	run->fields = label_fields(targets);
	if (!run->fields)
		return;
	read_who(&run->who, task, run->fields & ~settings.process_fields);
	if (run->fields & VFSWATCH_FIELD_CALL)
		run->call = read_call(task);
}

static __always_inline void fill_sum_key(struct vfswatch_sum_key *key, struct vfswatch_run *run,
					 __u64 path)
{
	key->path = path;
	if (run->fields & VFSWATCH_FIELD_PID)
		key->tgid = run->tgid;
	if (run->fields & VFSWATCH_FIELD_UID)
		key->uid = run->who.uid;
	if (run->fields & VFSWATCH_FIELD_CALL)
		key->call = run->call;
	if (run->fields & VFSWATCH_FIELD_CGROUP)
		key->cgroup = run->who.cgroup;
	if (run->fields & VFSWATCH_FIELD_INODE) {
		key->inode = run->name.inode;
		key->device = run->name.device;
	}
	if (run->fields & VFSWATCH_FIELD_COMM)
		__builtin_memcpy(key->comm, run->who.comm, sizeof(key->comm));
}

/* No sum: wanted by nobody (both 0), or over the ceiling. */
static __always_inline void charge_to_none(struct vfswatch_run *run, __u64 targets)
{
	run->targets = targets;
	run->over_targets = targets;
	run->unattributed = VFSWATCH_UNATTRIBUTED_NONE;
	run->fields = 0;
	hold_no_sum(run);
}

/* From here on the task's reads are kept in this sum, but for targets over their ceiling. */
static __always_inline void charge_to_sum(struct vfswatch_run *run, __u32 id,
					  struct vfswatch_sum *sum, __u64 targets,
					  __u64 over_targets)
{
	run->targets = targets;
	run->over_targets = over_targets;
	run->unattributed = VFSWATCH_UNATTRIBUTED_NONE;
	hold_sum(run, id, sum);
}

/* A process or a name that is not decided (yet). */
static __always_inline void charge_to_unresolved(struct vfswatch_run *run, __u64 targets)
{
	/* First: nobody shall take all of these targets for those that the run stands for. */
	run->unattributed = VFSWATCH_UNATTRIBUTED_PATH_UNRESOLVED;
	barrier();
	run->targets = targets;
	run->over_targets = 0;
	run->fields = 0;
	hold_no_sum(run);
	run->name.dentry = 0;
}

#endif
