/* SPDX-License-Identifier: GPL-2.0 */
/* What we ask of the task that reads. */
#ifndef VFSWATCH_TASK_BPF_H
#define VFSWATCH_TASK_BPF_H

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "vfswatch_abi.h"

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline void read_comm(struct task_struct *task, __u64 comm[2])
{
	const __u64 *leader = (const __u64 *)task->group_leader->comm;

	comm[0] = leader[0];
	comm[1] = leader[1];
}

static __always_inline __u32 read_uid(struct task_struct *task)
{
	return task->cred->uid.val;
}

static __always_inline __u64 start_ticks(struct task_struct *task)
{
	return task->group_leader->start_boottime / VFSWATCH_TICK_NS;
}

#endif
