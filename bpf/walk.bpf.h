/* SPDX-License-Identifier: GPL-2.0 */
/* The current task's room for a path, while it reads one. */
#ifndef VFSWATCH_WALK_BPF_H
#define VFSWATCH_WALK_BPF_H

#include "maps.bpf.h"

/* NULL: too many tasks read paths at this moment. */
static __always_inline struct walk *open_walk(void)
{
	__u64 key = bpf_get_current_task();
	static const struct walk fresh;

	if (bpf_map_update_elem(&walks, &key, &fresh, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&walks, &key);
}

static __always_inline void close_walk(void)
{
	__u64 key = bpf_get_current_task();

	bpf_map_delete_elem(&walks, &key);
}

#endif
