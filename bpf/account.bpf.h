/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Deferred accounting.  The kernel adds up rchar and syscr for each task, and
 * a task has one read under way at a time: remember the file and both sums
 * when a read starts, and when the task turns to another file, charge the
 * growth to the file before.  No exit hook, nothing in flight, nothing to miss.
 */
#ifndef VFSWATCH_ACCOUNT_BPF_H
#define VFSWATCH_ACCOUNT_BPF_H

#include "choose.bpf.h"
#include "process.bpf.h"

/*
 * Decides the new run from what is known of its name; false: the name has to
 * be resolved first, and meanwhile its reads are unattributed.
 */
static __always_inline bool decide(struct vfswatch_run *run, struct file *file,
				   struct task_struct *task)
{
	__u32 type = file_type(file->f_inode);
	__u64 targets = run->process_targets & type_targets(type), wanted;
	struct vfswatch_name_key key = {};

	if (settings.paths_hidden)
		targets &= settings.any_path_targets;
	if (!targets || settings.paths_hidden) {
		charge_to_none(run, targets);
		return true;
	}
	key = run->name;
	/* Left out there. */
	if (type == FILE_TYPE_OTHER)
		key.dentry = (__u64)file->f_path.dentry;
	share_nameless(&key, file, type);
	if (find_name(run, &key)) {
		wanted = targets & run->known.targets;
		if (!wanted) {
			charge_to_none(run, 0);
			return true;
		}
		if (choose_known_sum(run, wanted, task))
			return true;
	}
	charge_to_unresolved(run, targets);
	return false;
}

/* Turns the task's books to another name or decision; false: it has to be resolved. */
static __always_inline bool turn(struct vfswatch_run *run, struct file *file,
				 struct task_struct *task)
{
	bool decided;

	begin_change(run);
	settle(run, task);
	/* Of a read whose end nobody saw. */
	run->started_ns = 0;
	if (!same_process(run, task))
		decide_process(run, task);
	remember_name(run, file, file_type(file->f_inode));
	if (run->decided_by) {
		decided = decide(run, file, task);
	} else {
		/* Whoever may want them. */
		charge_to_unresolved(run, ~0ULL);
		decided = false;
	}
	end_change(run);
	return decided;
}

/* What the end of this read will be told by (observe.bpf.h, snippet.bpf.h). */
static __always_inline void note_start(struct vfswatch_run *run)
{
	run->end_open = VFSWATCH_END_UNOBSERVED | VFSWATCH_END_UNSAMPLED;
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
	if (run && same_process(run, task)) {
		if (!run->process_targets)
			return NULL;
		/* A file that is not accounted never had a run: no look at f_mode. */
		if (same_run(run, file, task)) {
			note_start(run);
			return run;
		}
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

/* Who may not copy the file; of a path that was cut nobody knows what it is. */
static __always_inline __u64 sensitive_targets(struct walk *walk)
{
	if (!settings.sensitive_start)
		return 0;
	if (walk->flags & VFSWATCH_NAME_TRUNCATED)
		return ~0ULL;
	return path_targets(walk, settings.sensitive_start);
}

/* First sight of a name: its path, who wants it, and what is kept of it. */
static __always_inline void resolve_name(struct walk *walk, struct vfswatch_run *run,
					 struct file *file, struct task_struct *task)
{
	__u32 sequence = file->f_path.dentry->d_seq.seqcount.sequence;
	__u32 type = file_type(file->f_inode);
	__u64 targets = run->process_targets & type_targets(type), sensitive;
	struct vfswatch_name_key key = {};
	struct vfswatch_name *name = &run->known;

	announce_cgroup(walk, task, targets);
	name->path_version = path_version;
	barrier();
	if (sequence & 1 || !read_file_path(walk, file))
		return;
	barrier();
	sensitive = sensitive_targets(walk);
	/* The last, for it leaves the path's hash. */
	name->targets = path_targets(walk, VFSWATCH_PATH_START) & type_targets(type);
	name->snippet_targets = name->targets & settings.snippet_targets & ~sensitive;
	name->path = walk->hash;
	name->sum_id = 0;
	read_name_key(&key, file);
	share_nameless(&key, file, type);
	barrier();
	/* A rename meanwhile: path and key may be of two names. The next read tries again. */
	if (file->f_path.dentry->d_seq.seqcount.sequence != sequence)
		return;
	__sync_fetch_and_add(&stats.paths_resolved, 1);

	begin_change(run);
	remember_name(run, file, type);
	run->path_version = name->path_version;
	targets &= name->targets;
	if (targets)
		choose_sum(walk, run, targets, task);
	else
		charge_to_none(run, 0);
	name->check = check_of(run, &key);
	bpf_map_update_elem(&names, &key, name, BPF_ANY);
	end_change(run);
}

/* Runs after start_read() left an undecided run. */
static __always_inline void resolve_run(struct walk *walk, struct vfswatch_run *run,
					struct file *file, struct task_struct *task)
{
	bool decided = false;

	if (!run->decided_by) {
		begin_change(run);
		finish_process(walk, run, task);
		decided = run->decided_by && decide(run, file, task);
		end_change(run);
	}
	if (!decided && run->decided_by)
		resolve_name(walk, run, file, task);
}

/* Runs after start_read() left an undecided run; false: a rename raced, or there was no room. */
static __always_inline bool resolve_read(struct file *file)
{
	struct task_struct *task = current_task();
	struct vfswatch_run *run = run_of(task);
	struct walk *walk;

	if (!run)
		return true;
	walk = open_walk();
	if (walk)
		resolve_run(walk, run, file, task);
	close_walk();
	return !run->unattributed;
}

/* The read under way may be long, so it is tried again, as often as the kernel lets programs call. */
static __always_inline int resolve_again(void *ctx, struct file *file)
{
	if (!resolve_read(file))
		bpf_tail_call(ctx, &resolver, 0);
	return 0;
}

/* When a task reads no more, and still runs. */
static __always_inline int settle_task(struct task_struct *task)
{
	struct vfswatch_run *run = run_of(task);

	if (!run || run->tgid != (__u32)TASK_READ(task, tgid))
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
	run->inherited_targets = 0;
	run->name.dentry = 0;
	hold_no_sum(run);
	if (!bpf_map_delete_elem(&runs, &key))
		__sync_fetch_and_add(&stats.runs_freed, 1);
	return 0;
}

/* Whom a run still stands for, for those who give a target's bit to another. */
static __always_inline int write_holder(struct seq_file *seq_file, const struct vfswatch_run *run)
{
	struct vfswatch_holder holder = {};

	/* What is unattributed is nobody's. */
	if (!run->unattributed)
		holder.targets = run->targets;
	holder.inherited_targets = run->inherited_targets;
	holder.tgid = run->tgid;
	holder.decided_by = run->decided_by;
	holder.charges = run->targets != 0;
	if (holder.charges || holder.inherited_targets)
		bpf_seq_write(seq_file, &holder, sizeof(holder));
	return 0;
}

/* What a task has read since its run began, without touching the run. */
static __always_inline int write_residue(struct seq_file *seq_file, struct task_struct *task)
{
	volatile struct vfswatch_run *run = run_of(task);
	__u64 targets;
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
	residue.over_targets = run->over_targets;
	residue.sum_id = run->sum_id;
	residue.unattributed = run->unattributed;
	targets = run->targets;
	now = read_meter(run, task);
	residue.bytes += now.bytes;
	residue.calls += now.calls;
	barrier();
	if (seq & 1 || run->seq != seq)
		__sync_fetch_and_add(&stats.residue_torn, 1);
	else if (targets && (__s64)residue.bytes >= 0 && (__s64)residue.calls >= 0 &&
		 (residue.bytes || residue.calls))
		bpf_seq_write(seq_file, &residue, sizeof(residue));
	return 0;
}

#endif
