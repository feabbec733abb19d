// SPDX-License-Identifier: GPL-2.0
/*
 * Entry points only.  The daemon loads one rung of the accounting ladder: the
 * LSM programs, or the same bodies as fentry.
 */
#include "account.bpf.h"
#include "observe.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/file_permission")
int BPF_PROG(account_lsm, struct file *file, int mask)
{
	return account_read(ctx, file, mask);
}

SEC("lsm/file_permission")
int BPF_PROG(resolve_lsm, struct file *file)
{
	return resolve_read(file);
}

SEC("lsm/task_free")
int BPF_PROG(end_task_lsm, struct task_struct *task)
{
	return end_task(task);
}

SEC("fentry/security_file_permission")
int BPF_PROG(account_fentry, struct file *file, int mask)
{
	return account_read(ctx, file, mask);
}

SEC("fentry/security_file_permission")
int BPF_PROG(resolve_fentry, struct file *file)
{
	return resolve_read(file);
}

SEC("fentry/security_task_free")
int BPF_PROG(end_task_fentry, struct task_struct *task)
{
	return end_task(task);
}

SEC("iter/task")
int dump_residues(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	return task ? write_residue(ctx->meta->seq, task) : 0;
}

SEC("fexit/vfs_read")
int BPF_PROG(observe_vfs_read, struct file *file, char *buf, unsigned long asked, void *pos,
	     long result)
{
	return observe_read(file, asked, result);
}
