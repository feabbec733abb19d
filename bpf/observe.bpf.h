/* SPDX-License-Identifier: GPL-2.0 */
/*
 * At the ends of reads: what only the end can see.  A probe there can be
 * skipped on kernels that preempt programs, so bytes and calls are counted here
 * on the last rung only, where nothing better is left.
 */
#ifndef VFSWATCH_OBSERVE_BPF_H
#define VFSWATCH_OBSERVE_BPF_H

#include "account.bpf.h"

/* The functions that read: how their ends are told apart. */
enum read_end {
	READ_END_PLAIN,
	READ_END_SPLICE,	/* sendfile's; inside copy_file_range's before 6.8 */
	READ_END_COPY,
};

static __always_inline __u32 errno_slot(long result)
{
	__u32 number = -result;

	if (number < VFSWATCH_ERRNO_PUBLIC_END)
		return number;
	if (number >= VFSWATCH_ERRNO_KERNEL_BEGIN && number < VFSWATCH_ERRNO_KERNEL_END)
		return number - VFSWATCH_ERRNO_KERNEL_BEGIN + VFSWATCH_ERRNO_PUBLIC_END;
	return 0;
}

static __always_inline void count_errno(__u64 targets, long result)
{
	__u32 slot = errno_slot(result);

	/* The compiler knows the bound, the verifier shall see it. */
	barrier_var(slot);
	if (slot >= VFSWATCH_ERRNO_SLOTS)
		return;

	for (int target = 0; target < VFSWATCH_MAX_TARGETS; target++)
		if (targets >> target & 1)
			__sync_fetch_and_add(&stats.errnos[target][slot], 1);
}

/* Errors and ends of file. */
static __always_inline void count_outcome(struct vfswatch_run *run, long result)
{
	struct vfswatch_sum *sum;
	__u32 id = run->sum_id;

	if (result < 0)
		count_errno(run->targets, result);
	sum = sum_at(id);
	if (!sum)
		return;
	if (result < 0)
		__sync_fetch_and_add(&sum->errors, 1);
	else
		__sync_fetch_and_add(&sum->eofs, 1);
}

/* The first bucket whose end is not below the duration. */
static __always_inline __u32 duration_bucket(__u64 ns)
{
	__u64 end = VFSWATCH_DURATION_UNIT_NS;
	__u32 bucket;

	for (bucket = 0; bucket < VFSWATCH_DURATION_BUCKETS - 1; bucket++, end <<= 1)
		if (ns <= end)
			break;
	return bucket;
}

static __always_inline void count_duration(struct vfswatch_run *run)
{
	__u64 targets = run->targets & settings.latency_targets, ns;
	struct vfswatch_durations *durations;
	__u32 bucket;

	if (!targets || !run->started_ns)
		return;
	ns = bpf_ktime_get_ns() - run->started_ns;
	run->started_ns = 0;
	bucket = duration_bucket(ns);
	barrier_var(bucket);
	if (bucket >= VFSWATCH_DURATION_BUCKETS)
		return;
	for (int target = 0; target < VFSWATCH_MAX_TARGETS; target++) {
		if (!(targets >> target & 1))
			continue;
		durations = &stats.durations[target];
		__sync_fetch_and_add(&durations->buckets[bucket], 1);
		__sync_fetch_and_add(&durations->sum_ns, ns);
	}
}

/*
 * An end counts once, for the read whose start was seen: two methods may be
 * attached while one replaces the other, and what was refused before the
 * permission check (EBADF) is no read of this run.
 */
static __always_inline void observe(struct vfswatch_run *run, bool asked, long result)
{
	if (!(run->end_open & VFSWATCH_END_UNOBSERVED) || run->unattributed || !run->targets ||
	    result == -EBADF)
		return;
	if (settings.latency_targets)
		count_duration(run);
	if (result > 0 || (!result && !asked))
		return;
	run->end_open &= ~VFSWATCH_END_UNOBSERVED;
	count_outcome(run, result);
}

/* Exit accounting: raises the task's meter by what the read returned. */
static __always_inline void raise_meter(struct vfswatch_run *run, struct task_struct *task,
					enum read_end end, long result)
{
	__u64 syscr = TASK_READ(task, ioac.syscr);

	/* The permission check comes later, so it was not accounted. */
	if (result == -EBADF)
		return;
	/* copy_file_range has counted its call by now; its splice saw one call less. */
	if (end == READ_END_COPY && run->spliced_at == syscr)
		return;
	if (end == READ_END_SPLICE)
		run->spliced_at = syscr + 1;
	if (result > 0)
		run->seen.bytes += result;
	run->seen.calls++;
}

/*
 * What an ended task had not been charged would be lost if the hook at its end
 * were skipped, so here every read is charged at once.
 */
static __always_inline void account_end(struct vfswatch_run *run, enum read_end end, long result)
{
	struct task_struct *task = current_task();

	raise_meter(run, task, end, result);
	begin_change(run);
	settle(run, task);
	end_change(run);
}

/* The run of a read that the exit method accounts. */
static __always_inline struct vfswatch_run *start_accounted_read(struct file *file)
{
	struct vfswatch_run *run;
	bool decided;

	run = start_read(file, &decided);
	/* No tail call: one table of programs takes those of one function only. */
	if (!decided)
		resolve_read(file);
	return run;
}

/* Most reads end here: somebody else's, or one that returned what was asked for. */
static __always_inline bool end_is_of_interest(bool asked, long result, enum read_end end)
{
	/* Refused, or nothing to copy: the kernel returned before it counted a call. */
	if (end == READ_END_COPY && result <= 0)
		return false;
	if (!settings.account_at_exit && !settings.latency_targets &&
	    (result > 0 || (!result && !asked)))
		return false;
	return process_may_be_wanted(current_tgid());
}

/* fexit: the file is at hand. */
static __always_inline int end_read(struct file *file, bool asked, long result, enum read_end end)
{
	struct vfswatch_run *run;

	if (!end_is_of_interest(asked, result, end))
		return 0;
	run = settings.account_at_exit ? start_accounted_read(file) : run_of(current_task());
	if (!run || run->inode_address != (__u64)file->f_inode)
		return 0;
	if (settings.account_at_exit)
		account_end(run, end, result);
	observe(run, asked, result);
	return 0;
}

/* Entry of a pair of probes: keeps what the exit will not see. */
static __always_inline void keep_arguments(struct vfswatch_run *run,
					   const struct vfswatch_arguments *arguments)
{
	if (!run)
		return;
	run->arguments.asked = arguments->asked;
	if (!settings.snippet_targets)
		return;
	run->arguments.file = arguments->file;
	run->arguments.buffer = arguments->buffer;
	run->arguments.position = arguments->position;
	run->arguments.calls_before = TASK_READ(current_task(), ioac.syscr);
}

/* The accounting hook comes later, at the task's first read too. */
static __always_inline int enter_read(const struct vfswatch_arguments *arguments)
{
	__u32 tgid = current_tgid();
	struct vfswatch_run *run;
	struct task_struct *task;

	if (!process_may_be_wanted(tgid))
		return 0;
	task = current_task();
	run = run_of(task);
	keep_arguments(run ? run : new_run(task, tgid), arguments);
	return 0;
}

static __always_inline int enter_accounted_read(struct file *file,
						const struct vfswatch_arguments *arguments)
{
	keep_arguments(start_accounted_read(file), arguments);
	return 0;
}

/* Exit of a pair of probes. */
static __always_inline int leave_read(long result, enum read_end end)
{
	struct vfswatch_run *run;

	if (!end_is_of_interest(true, result, end))
		return 0;
	run = run_of(current_task());
	if (!run)
		return 0;
	if (settings.account_at_exit)
		account_end(run, end, result);
	observe(run, run->arguments.asked, result);
	return 0;
}

#endif
