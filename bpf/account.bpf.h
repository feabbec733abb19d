/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Deferred accounting.  The kernel adds up rchar and syscr for each task, and
 * a task has one read under way at a time: remember the file and both sums
 * when a read starts, and when the task turns to another file, charge the
 * growth to the file before.  No exit hook, nothing in flight, nothing to miss.
 */
#ifndef VFSWATCH_ACCOUNT_BPF_H
#define VFSWATCH_ACCOUNT_BPF_H

#include "path.bpf.h"
#include "run.bpf.h"

/*
 * Decides the new run from what is known of its name; false: the name has to
 * be resolved first, and meanwhile its reads are unattributed.
 */
static __always_inline bool decide(struct vfswatch_run *run, struct file *file,
				   struct task_struct *task)
{
	__u32 type = file_type(file->f_inode);
	__u64 targets = run->process_targets & type_targets(type);
	struct vfswatch_name_key key = {};
	struct vfswatch_name *name;
	__u64 *verdict;

	remember_name(run, file, type);
	if (settings.paths_hidden)
		targets &= settings.any_path_targets;
	if (!targets || settings.paths_hidden) {
		charge_to_no_name(run, targets);
		return true;
	}
	key = run->name;
	share_nameless(&key, file, type);
	name = bpf_map_lookup_elem(&names, &key);
	if (name && name->announced) {
		charge_to_name(run, name, targets & name->targets, task);
		return true;
	}
	verdict = bpf_map_lookup_elem(&verdicts, &key);
	if (verdict && (!(*verdict & targets) || names_are_full())) {
		charge_to_no_name(run, targets & *verdict);
		return true;
	}
	charge_to_unresolved(run, targets);
	return false;
}

/* Turns the task's books to another name; false: it has to be resolved. */
static __always_inline bool turn(struct vfswatch_run *run, struct file *file,
				 struct task_struct *task)
{
	bool decided;

	begin_change(run);
	settle(run, task);
	decided = decide(run, file, task);
	end_change(run);
	return decided;
}

/* What the end of this read will be told by (observe.bpf.h). */
static __always_inline void note_start(struct vfswatch_run *run)
{
	run->under_way = 1;
	if (settings.latency_targets && settings.latency_targets & run->targets)
		run->started_ns = bpf_ktime_get_ns();
}

/*
 * The run that the read which starts now belongs to; NULL: nobody wants it, or
 * the table of tasks is full.  Its name has to be resolved where *decided is
 * left false.
 */
static __always_inline struct vfswatch_run *start_read(struct file *file, bool *decided)
{
	__u32 tgid = current_tgid();
	struct vfswatch_amount *full =
		&stats.unattributed[VFSWATCH_UNATTRIBUTED_TASK_TABLE_FULL];
	struct task_struct *task;
	struct vfswatch_run *run;

	*decided = true;
	if (!process_may_be_wanted(tgid))
		return NULL;
	task = current_task();
	run = run_of(task);
	if (run && run->tgid != tgid)
		begin_anew(run, task, tgid);
	/* A file that is not accounted never had a run, so this needs no look at f_mode. */
	if (run && same_run(run, file, task)) {
		note_start(run);
		return run;
	}
	if (file->f_mode & FMODE_NOACCOUNT)
		return NULL;
	if (!run)
		run = new_run(task, tgid);
	if (!run) {
		/* Whether it will count, and what, nobody can tell now. */
		__sync_fetch_and_add(&full->calls, 1);
		return NULL;
	}
	*decided = turn(run, file, task);
	note_start(run);
	return run;
}

/* At the start of every read that the kernel accounts. */
static __always_inline int account_read(void *ctx, struct file *file, int mask)
{
	bool decided;

	if (!(mask & MAY_READ))
		return 0;
	start_read(file, &decided);
	if (!decided)
		bpf_tail_call(ctx, &resolver, 0);
	return 0;
}

/* First sight of a name: its path, who wants it, and what is kept of it. */
static __always_inline void resolve_name(struct walk *walk, struct vfswatch_run *run,
					 struct file *file, struct task_struct *task)
{
	__u32 sequence = file->f_path.dentry->d_seq.seqcount.sequence;
	__u32 type = file_type(file->f_inode);
	struct vfswatch_name_key key = {};
	struct vfswatch_name *name;
	__u64 wanted, targets, own_sum_targets;

	if (sequence & 1 || !read_path(walk, file))
		return;
	barrier();
	wanted = path_targets(walk) & type_targets(type);
	targets = wanted & run->targets;
	own_sum_targets = label_fields(targets) ? 0 : targets;
	read_name_key(&key, file);
	share_nameless(&key, file, type);
	barrier();
	/* A rename meanwhile: path and key may be of two names. The next read tries again. */
	if (file->f_path.dentry->d_seq.seqcount.sequence != sequence)
		return;

	begin_change(run);
	remember_name(run, file, type);
	name = targets ? find_name(&key, wanted, own_sum_targets) : NULL;
	if (name) {
		if (!name->announced && announce_path(walk, name->name_id))
			name->announced = 1;
		charge_to_name(run, name, targets, task);
		if (targets == name->sum_targets && !name->sum_id)
			name->sum_id = run->sum_id;
	} else {
		bpf_map_update_elem(&verdicts, &key, &wanted, BPF_ANY);
		charge_to_no_name(run, targets);
	}
	end_change(run);
}

/* Runs after start_read() left an undecided run. */
static __always_inline int resolve_read(struct file *file)
{
	struct task_struct *task = current_task();
	struct vfswatch_run *run = run_of(task);
	static const struct walk fresh;
	__u64 key = (__u64)task;
	struct walk *walk;

	if (!run || bpf_map_update_elem(&walks, &key, &fresh, BPF_ANY))
		return 0;
	walk = bpf_map_lookup_elem(&walks, &key);
	if (walk)
		resolve_name(walk, run, file, task);
	bpf_map_delete_elem(&walks, &key);
	return 0;
}

/* When a task reads no more, and still runs. */
static __always_inline int settle_task(struct task_struct *task)
{
	struct vfswatch_run *run = run_of(task);

	if (!run)
		return 0;
	begin_change(run);
	settle(run, task);
	end_change(run);
	return 0;
}

/* At the end of a task, when nothing of it runs any more. */
static __always_inline int end_task(struct task_struct *task)
{
	struct vfswatch_run *run = run_of(task);
	__u64 key = (__u64)task;

	forget_process(task);
	if (!run)
		return 0;
	if (run->tgid == (__u32)TASK_READ(task, tgid))
		settle(run, task);
	/* Should the kernel refuse to delete it, the next task at this address inherits nothing. */
	run->targets = 0;
	run->name.dentry = 0;
	if (!bpf_map_delete_elem(&runs, &key))
		__sync_fetch_and_add(&stats.runs_freed, 1);
	return 0;
}

/* What a task has read since its run began, without touching the run. */
static __always_inline int write_residue(struct seq_file *seq_file, struct task_struct *task)
{
	volatile struct vfswatch_run *run = run_of(task);
	struct vfswatch_residue residue = {};
	struct vfswatch_amount now;
	__u32 seq;

	/* Of an ended task whose end was not seen: another has its address. */
	if (!run || run->tgid != (__u32)TASK_READ(task, tgid))
		return 0;
	seq = run->seq;
	barrier();
	residue.bytes = -run->begin.bytes;
	residue.calls = -run->begin.calls;
	residue.targets = run->targets;
	residue.sum_id = run->sum_id;
	residue.unattributed = run->unattributed;
	now = read_meter(run, task);
	residue.bytes += now.bytes;
	residue.calls += now.calls;
	barrier();
	if (seq & 1 || run->seq != seq)
		__sync_fetch_and_add(&stats.residue_torn, 1);
	else if (residue.targets && (__s64)residue.bytes >= 0 && (__s64)residue.calls >= 0 &&
		 (residue.bytes || residue.calls))
		bpf_seq_write(seq_file, &residue, sizeof(residue));
	return 0;
}

#endif
