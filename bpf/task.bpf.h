/* SPDX-License-Identifier: GPL-2.0 */
/* What we ask of the task that reads. */
#ifndef VFSWATCH_TASK_BPF_H
#define VFSWATCH_TASK_BPF_H

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "vfswatch_abi.h"

/* Known when the program is loaded: the branch that is not taken is left out. */
#define has_helper(name) bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_##name)

/*
 * Before 5.11 the current task is a number, which only probe reads take; since
 * then its fields are loaded directly, which is cheaper and allowed under
 * lockdown=confidentiality.
 */
#define TASK_READ(task, field) \
	(has_helper(get_current_task_btf) ? (task)->field : BPF_CORE_READ(task, field))

static __always_inline struct task_struct *current_task(void)
{
	if (has_helper(get_current_task_btf))
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline void read_comm(struct task_struct *task, __u64 *comm)
{
	struct task_struct *leader = TASK_READ(task, group_leader);
	const __u64 *words;

	if (has_helper(get_current_task_btf)) {
		words = (const __u64 *)leader->comm;
		comm[0] = words[0];
		comm[1] = words[1];
	} else {
		/* Before 5.17 what stands behind the name is of an earlier one. */
		comm[0] = comm[1] = 0;
		bpf_core_read_str(comm, VFSWATCH_COMM_BYTES, &leader->comm);
	}
}

static __always_inline __u32 read_uid(struct task_struct *task)
{
	const struct cred *cred = TASK_READ(task, cred);

	return TASK_READ(cred, uid.val);
}

static __always_inline __u64 start_ticks(struct task_struct *task)
{
	struct task_struct *leader = TASK_READ(task, group_leader);

	return TASK_READ(leader, start_boottime) / VFSWATCH_TICK_NS;
}

static __always_inline void read_who(struct vfswatch_who *who, struct task_struct *task,
				     __u32 fields)
{
	if (fields & VFSWATCH_FIELD_COMM)
		read_comm(task, who->comm);
	if (fields & VFSWATCH_FIELD_UID)
		who->uid = read_uid(task);
	/* Of the current task: the others' is never asked for. */
	if (fields & VFSWATCH_FIELD_CGROUP)
		who->cgroup = bpf_get_current_cgroup_id();
	if (fields & VFSWATCH_FIELD_EXECS)
		who->execs = TASK_READ(task, self_exec_id);
}

static __always_inline bool same_who(struct vfswatch_who *who, struct task_struct *task,
				     __u32 fields)
{
	__u64 comm[2];

	if (fields & VFSWATCH_FIELD_UID && who->uid != read_uid(task))
		return false;
	if (fields & VFSWATCH_FIELD_CGROUP && who->cgroup != bpf_get_current_cgroup_id())
		return false;
	if (fields & VFSWATCH_FIELD_EXECS && who->execs != TASK_READ(task, self_exec_id))
		return false;
	if (fields & VFSWATCH_FIELD_COMM) {
		read_comm(task, comm);
		return who->comm[0] == comm[0] && who->comm[1] == comm[1];
	}
	return true;
}

/* A 32-bit system call's numbers are others: they have no name here. */
static __always_inline bool is_compat_call(struct task_struct *task)
{
	struct task_struct___arm64 *arm64 = (void *)task;
	struct task_struct___x86 *x86 = (void *)task;

	if (bpf_core_field_exists(x86->thread_info.status))
		return x86->thread_info.status & X86_TS_COMPAT;
	if (bpf_core_field_exists(((struct pt_regs___arm64_call *)0)->syscallno))
		return arm64->thread_info.flags & ARM64_TIF_32BIT;
	return false;
}

/* The current system call's number + 1; 0: this kernel does not tell. */
static __always_inline __u32 read_call(struct task_struct *task)
{
	struct pt_regs___arm64_call *arm64;
	struct pt_regs___x86_call *x86;

	if (!has_helper(task_pt_regs) || is_compat_call(task))
		return 0;
	x86 = (void *)bpf_task_pt_regs(task);
	arm64 = (void *)x86;
	if (bpf_core_field_exists(x86->orig_ax))
		return x86->orig_ax + 1;
	if (bpf_core_field_exists(arm64->syscallno))
		return arm64->syscallno + 1;
	return 0;
}

#endif
