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

/* NULL: the table is full. */
static __always_inline struct vfswatch_run *new_run(struct task_struct *task, __u32 tgid)
{
	struct vfswatch_run run = {};
	__u64 key = (__u64)task;

	run.tgid = tgid;
	run.process_targets = process_targets(task, tgid);
	run.begin = read_meter(&run, task);
	if (bpf_map_update_elem(&runs, &key, &run, BPF_NOEXIST))
		return NULL;
	__sync_fetch_and_add(&stats.runs_created, 1);
	return run_of(task);
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
	if (run->sum_id)
		charge_sum(run->sum_id, amount);
	else if (run->unattributed)
		charge_unattributed(run->unattributed, amount);
	else
		charge_overflow(run->targets, amount);
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
 * The run of an ended task whose end was not seen, at the same address: the
 * meter starts again, and what the other task read last is nobody's.
 */
static __always_inline void begin_anew(struct vfswatch_run *run, struct task_struct *task,
				       __u32 tgid)
{
	begin_change(run);
	run->tgid = tgid;
	run->process_targets = process_targets(task, tgid);
	run->targets = 0;
	run->fields = 0;
	run->name.dentry = 0;
	run->spliced_at = 0;
	run->started_ns = 0;
	run->begin = read_meter(run, task);
	end_change(run);
}

static __always_inline bool same_labels(struct vfswatch_run *run, struct task_struct *task)
{
	__u64 *kept = (__u64 *)run->comm, comm[2];

	if (run->fields & VFSWATCH_FIELD_UID && run->uid != read_uid(task))
		return false;
	if (run->fields & VFSWATCH_FIELD_CALL && run->call != read_call(task))
		return false;
	if (run->fields & VFSWATCH_FIELD_COMM) {
		read_comm(task, comm);
		return kept[0] == comm[0] && kept[1] == comm[1];
	}
	return true;
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
	       (!run->fields || same_labels(run, task));
}

static __always_inline void remember_name(struct vfswatch_run *run, struct file *file,
					  __u32 type)
{
	read_name_key(&run->name, file);
	run->inode_address = (__u64)file->f_inode;
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
	      settings.call_targets))
		return 0;
	return (targets & settings.pid_targets ? VFSWATCH_FIELD_PID : 0) |
	       (targets & settings.comm_targets ? VFSWATCH_FIELD_COMM : 0) |
	       (targets & settings.uid_targets ? VFSWATCH_FIELD_UID : 0) |
	       (targets & settings.call_targets ? VFSWATCH_FIELD_CALL : 0);
}

static __always_inline void keep_labels(struct vfswatch_run *run, struct task_struct *task)
{
	run->fields = label_fields(run->targets);
	if (run->fields & VFSWATCH_FIELD_UID)
		run->uid = read_uid(task);
	if (run->fields & VFSWATCH_FIELD_CALL)
		run->call = read_call(task);
	if (run->fields & VFSWATCH_FIELD_COMM)
		read_comm(task, (__u64 *)run->comm);
}

static __always_inline __u32 sum_of(struct vfswatch_run *run, __u32 name_id)
{
	struct vfswatch_sum_key key = {};

	key.targets = run->targets;
	key.name_id = name_id;
	if (run->fields & VFSWATCH_FIELD_PID)
		key.tgid = run->tgid;
	if (run->fields & VFSWATCH_FIELD_UID)
		key.uid = run->uid;
	if (run->fields & VFSWATCH_FIELD_CALL)
		key.call = run->call;
	if (run->fields & VFSWATCH_FIELD_COMM)
		__builtin_memcpy(key.comm, run->comm, sizeof(key.comm));
	return find_sum(&key);
}

/* Wanted by nobody (targets 0), or over the ceiling. */
static __always_inline void charge_to_no_name(struct vfswatch_run *run, __u64 targets)
{
	run->targets = targets;
	run->unattributed = VFSWATCH_UNATTRIBUTED_NONE;
	run->fields = 0;
	run->sum_id = 0;
}

/* From here on the task's reads are of this name, for `targets`. */
static __always_inline void charge_to_name(struct vfswatch_run *run, struct vfswatch_name *name,
					   __u64 targets, struct task_struct *task)
{
	charge_to_no_name(run, targets);
	if (!targets)
		return;
	keep_labels(run, task);
	if (!run->fields && targets == name->sum_targets)
		run->sum_id = name->sum_id;
	if (!run->sum_id)
		run->sum_id = sum_of(run, name->name_id);
	/* Not announced yet: come back at the next read. */
	if (!name->announced)
		run->name.dentry = 0;
}

/* A name whose targets are not known (yet). */
static __always_inline void charge_to_unresolved(struct vfswatch_run *run, __u64 targets)
{
	charge_to_no_name(run, targets);
	run->unattributed = VFSWATCH_UNATTRIBUTED_PATH_UNRESOLVED;
	run->name.dentry = 0;
}

#endif
