/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When the paths of many files change at once: a directory is renamed, or a tree
 * of mounts has changed.  One file's rename shows in its own dentry.
 */
#ifndef VFSWATCH_PATHS_BPF_H
#define VFSWATCH_PATHS_BPF_H

#include "maps.bpf.h"
#include "task.bpf.h"

static __always_inline int raise_path_version(void)
{
	__sync_fetch_and_add(&path_version, 1);
	return 0;
}

static __always_inline bool is_directory(struct dentry *dentry)
{
	return dentry->d_inode->i_mode >> 12 == FILE_TYPE_DIRECTORY;
}

/* Entry of a pair of probes: notes what the exit will not see. */
static __always_inline int enter_rename(bool directory)
{
	__u64 key = bpf_get_current_task();
	__u32 *depth, one = 1;

	/* A file system that lies on another one renames there as well, at times a file. */
	depth = bpf_map_lookup_elem(&renames, &key);
	if (depth)
		++*depth;
	else if (directory && bpf_map_update_elem(&renames, &key, &one, BPF_NOEXIST))
		renames_unnoted = 1;
	return 0;
}

static __always_inline int leave_rename(void)
{
	__u64 key = bpf_get_current_task();
	__u32 *depth = bpf_map_lookup_elem(&renames, &key);

	if (!depth)
		return renames_unnoted ? raise_path_version() : 0;
	if (!--*depth)
		bpf_map_delete_elem(&renames, &key);
	return raise_path_version();
}

#endif
