/* SPDX-License-Identifier: GPL-2.0 */
/*
 * At vfs_read's exit: what only the exit can see.  Bytes and calls are not
 * counted here, because an exit probe can be skipped (see account.bpf.h).
 */
#ifndef VFSWATCH_OBSERVE_BPF_H
#define VFSWATCH_OBSERVE_BPF_H

#include "account.bpf.h"

static __always_inline void count_errno(__u64 targets, long result)
{
	struct vfswatch_errno_key key = { .targets = targets, .number = -result };
	__u64 zero = 0, *calls = bpf_map_lookup_elem(&errnos, &key);

	if (!calls) {
		bpf_map_update_elem(&errnos, &key, &zero, BPF_NOEXIST);
		calls = bpf_map_lookup_elem(&errnos, &key);
	}
	if (calls)
		__sync_fetch_and_add(calls, 1);
	else
		__sync_fetch_and_add(&stats.errno_table_full, 1);
}

static __always_inline int observe_read(struct file *file, unsigned long asked, long result)
{
	struct vfswatch_sum *sum;
	struct vfswatch_run *run;
	__u32 id;

	if (result > 0 || (!result && !asked))
		return 0;
	if (!process_may_be_wanted(current_tgid()))
		return 0;
	run = run_of(bpf_get_current_task_btf());
	/* A read refused before the accounting hook (EBADF) is no read of this run. */
	if (!run || !run->targets || run->name.dentry != (__u64)file->f_path.dentry ||
	    !(file->f_mode & FMODE_READ))
		return 0;
	if (result < 0)
		count_errno(run->targets, result);
	id = run->sum_id;
	sum = bpf_map_lookup_elem(&sums, &id);
	if (!id || !sum)
		return 0;
	if (result < 0)
		__sync_fetch_and_add(&sum->errors, 1);
	else
		__sync_fetch_and_add(&sum->eofs, 1);
	return 0;
}

#endif
