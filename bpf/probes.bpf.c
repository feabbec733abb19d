// SPDX-License-Identifier: GPL-2.0
/*
 * Entry points only: the same bodies on several kinds of hook.  The daemon loads
 * those of one accounting method and of one exit method (daemon/kernel/rungs.h).
 */
#include "account.bpf.h"
#include "observe.bpf.h"
#include "paths.bpf.h"
#include "snippet.bpf.h"

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/*
 * Pointers out of pt_regs have no type, and get one by a kfunc of 6.2.  Where
 * there is none, the programs that need it are never loaded.
 */
#ifdef VFSWATCH_NO_TYPED_CAST
#define TYPED(type, register) ((type *)(register))
#else
/* libbpf declares it since 1.4, in the same words. */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym;

#define TYPED(type, register) \
	((type *)bpf_rdonly_cast((void *)(register), bpf_core_type_id_kernel(type)))
#endif

#define FILE_OF(register) TYPED(struct file, register)
#define TASK_OF(register) TYPED(struct task_struct, register)

/* Accounting: at the permission check, and at the end of a task. */

SEC("lsm/file_permission")
int BPF_PROG(account_lsm, struct file *file, int mask)
{
	return account_read(ctx, file, mask);
}

SEC("lsm/file_permission")
int BPF_PROG(resolve_lsm, struct file *file)
{
	return resolve_again(ctx, file);
}

SEC("lsm/task_free")
int BPF_PROG(end_task_lsm, struct task_struct *task)
{
	return end_task(task);
}

SEC("lsm/task_alloc")
int BPF_PROG(follow_child_lsm, struct task_struct *task, unsigned long clone_flags)
{
	return follow_child(task, clone_flags);
}

SEC("fentry/security_file_permission")
int BPF_PROG(account_fentry, struct file *file, int mask)
{
	return account_read(ctx, file, mask);
}

SEC("fentry/security_file_permission")
int BPF_PROG(resolve_fentry, struct file *file)
{
	return resolve_again(ctx, file);
}

SEC("fentry/security_task_free")
int BPF_PROG(end_task_fentry, struct task_struct *task)
{
	return end_task(task);
}

SEC("fentry/security_task_alloc")
int BPF_PROG(follow_child_fentry, struct task_struct *task, unsigned long clone_flags)
{
	return follow_child(task, clone_flags);
}

SEC("kprobe.multi")
int BPF_KPROBE(account_multi, void *file, int mask)
{
	return account_read(ctx, FILE_OF(file), mask);
}

SEC("kprobe.multi")
int BPF_KPROBE(resolve_multi, void *file)
{
	return resolve_again(ctx, FILE_OF(file));
}

/*
 * The end of a task comes in a softirq, which may interrupt another program of
 * this kind: the kernel skips it then.
 */
SEC("kprobe.multi")
int BPF_KPROBE(settle_task_multi, void *task)
{
	return settle_task(TASK_OF(task));
}

SEC("kprobe.multi")
int BPF_KPROBE(end_task_multi, void *task)
{
	return end_task(TASK_OF(task));
}

SEC("kprobe.multi")
int BPF_KPROBE(follow_child_multi, void *task, unsigned long clone_flags)
{
	return follow_child(TASK_OF(task), clone_flags);
}

/* The reads of tasks that live. */

SEC("iter/task")
int dump_residues(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	return task ? write_residue(ctx->meta->seq, task) : 0;
}

/* What is there already: the host's mount namespace, and children to follow. */

SEC("iter/task")
int survey_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	if (task->pid == 1)
		host_namespace = (__u64)task->nsproxy->mnt_ns;
	return surveyed_targets ? follow_known_child(task) : 0;
}

/* Whom runs still stand for. */

SEC("iter/bpf_map_elem")
int list_holders(struct bpf_iter__bpf_map_elem *ctx)
{
	const struct vfswatch_run *run = ctx->value;

	return run ? write_holder(ctx->meta->seq, run) : 0;
}

/* Sums that user space has drained. */

SEC("iter/bpf_map_elem")
int free_drained_sums(struct bpf_iter__bpf_map_elem *ctx)
{
	struct vfswatch_sum *sum = ctx->value;
	__u32 *id = ctx->key;

	return id && sum ? free_drained_sum(*id, sum) : 0;
}

SEC("iter/bpf_map_elem")
int forget_places(struct bpf_iter__bpf_map_elem *ctx)
{
	const struct vfswatch_sum_place *place = ctx->value;
	const struct vfswatch_sum_key *key = ctx->key;

	return key && place ? forget_place(key, place) : 0;
}

/*
 * Changes of many paths at once.  fexit sees the arguments; the pair of probes is
 * for kernels whose fprobe stands on fgraph, where fexit may be skipped.
 */

SEC("fexit/vfs_rename")
int fexit_vfs_rename(unsigned long long *ctx)
{
	struct renamedata *renamed = (void *)ctx[0];
	struct dentry *before, *after;

	if (bpf_core_type_exists(struct renamedata)) {
		before = renamed->old_dentry;
		after = renamed->new_dentry;
	} else {
		before = (void *)ctx[1];
		after = (void *)ctx[3];
	}
	return is_directory(before) || is_directory(after) ? raise_path_version() : 0;
}

SEC("fentry/namespace_unlock")
int fentry_namespace_unlock(void *ctx)
{
	return raise_path_version();
}

SEC("kprobe.multi")
int BPF_KPROBE(enter_multi_vfs_rename, void *data)
{
	struct renamedata *renamed = TYPED(struct renamedata, data);

	return enter_rename(is_directory(renamed->old_dentry) ||
			    is_directory(renamed->new_dentry));
}

SEC("kretprobe.multi")
int leave_multi_vfs_rename(void *ctx)
{
	return leave_rename();
}

SEC("kprobe.multi")
int enter_multi_namespace_unlock(void *ctx)
{
	return raise_path_version();
}

/*
 * Ends of reads, by three methods for each function.  `asked` says which argument
 * tells what was asked for, counted from 1; READ_BUFFER which are the buffer and the
 * position, where there are any.
 *   fexit         one hook that sees arguments and result
 *   kprobe_multi  a pair of hooks, exact on kernels whose fprobe stands on fgraph
 *   kprobe        the same pair through tracefs, for kernels whose kretprobe.multi
 *                 loses ends or is not there; it never accounts, for 6.1 has no
 *                 typed pointer for it
 */
#define NO_BUFFER(ctx)
#define READ_BUFFER(ctx) .buffer = PT_REGS_PARM2(ctx), .position = PT_REGS_PARM4(ctx)
#define ARGUMENTS(ctx, asked_at, buffer)						\
	{ .asked = PT_REGS_PARM##asked_at(ctx), .file = PT_REGS_PARM1(ctx), buffer(ctx) }
#define READ_END_PROGRAMS(function, arguments, asked, buffer, end)			\
	SEC("fexit/" #function)								\
	int fexit_##function(unsigned long long *ctx)					\
	{										\
		return end_read((struct file *)ctx[0], ctx[(asked) - 1], ctx[arguments], end);	\
	}										\
	SEC("kprobe.multi")								\
	int enter_multi_##function(struct pt_regs *ctx)					\
	{										\
		struct vfswatch_arguments seen = ARGUMENTS(ctx, asked, buffer);		\
											\
		if (settings.account_at_exit)						\
			return enter_accounted_read(FILE_OF(PT_REGS_PARM1(ctx)), &seen);	\
		return enter_read(&seen);						\
	}										\
	SEC("kretprobe.multi")								\
	int leave_multi_##function(struct pt_regs *ctx)					\
	{										\
		return leave_read(PT_REGS_RC(ctx), end);				\
	}										\
	SEC("kprobe")									\
	int enter_kprobe_##function(struct pt_regs *ctx)				\
	{										\
		struct vfswatch_arguments seen = ARGUMENTS(ctx, asked, buffer);		\
											\
		return enter_read(&seen);						\
	}										\
	SEC("kretprobe")								\
	int leave_kprobe_##function(struct pt_regs *ctx)				\
	{										\
		return leave_read(PT_REGS_RC(ctx), end);				\
	}

/* read, pread64 */
READ_END_PROGRAMS(vfs_read, 4, 3, READ_BUFFER, READ_END_PLAIN)
/* readv, preadv, preadv2: how many vectors */
READ_END_PROGRAMS(vfs_readv, 5, 3, NO_BUFFER, READ_END_PLAIN)
/* sendfile */
READ_END_PROGRAMS(do_splice_direct, 6, 5, NO_BUFFER, READ_END_SPLICE)
READ_END_PROGRAMS(vfs_copy_file_range, 6, 5, NO_BUFFER, READ_END_COPY)
/* exec */
READ_END_PROGRAMS(__kernel_read, 4, 3, NO_BUFFER, READ_END_PLAIN)

/*
 * Snippets, at the end of read and pread64, by the same methods.  Of a pair the entry is the one
 * above.
 */

SEC("fexit/vfs_read")
int fexit_snippet(unsigned long long *ctx)
{
	return sample_end(ctx);
}

SEC("kretprobe.multi")
int leave_multi_snippet(struct pt_regs *ctx)
{
	return sample_seen_read(PT_REGS_RC(ctx));
}

SEC("kretprobe")
int leave_kprobe_snippet(struct pt_regs *ctx)
{
	return sample_seen_read(PT_REGS_RC(ctx));
}
