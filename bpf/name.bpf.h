/* SPDX-License-Identifier: GPL-2.0 */
/* Names: what a file is called by one reader's view, and what is known of it. */
#ifndef VFSWATCH_NAME_BPF_H
#define VFSWATCH_NAME_BPF_H

#include "maps.bpf.h"

static __always_inline void read_name_key(struct vfswatch_name_key *key, struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct inode *inode = file->f_inode;

	key->mount = (__u64)file->f_path.mnt;
	key->dentry = (__u64)dentry;
	key->name_hash = dentry->d_name.hash;
	key->name_bytes = dentry->d_name.len;
	key->inode = inode->i_ino;
	key->device = inode->i_sb->s_dev;
	key->generation = inode->i_generation;
}

/*
 * All pipes share one name, all sockets, and all anonymous inodes of one kind:
 * theirs have no numbers.
 */
static __always_inline void share_nameless(struct vfswatch_name_key *key, struct file *file,
					   __u32 type)
{
	__u64 magic;

	if (type != FILE_TYPE_FIFO && type != FILE_TYPE_SOCKET && type != FILE_TYPE_OTHER)
		return;
	magic = file->f_inode->i_sb->s_magic;
	if (magic != PIPEFS_MAGIC && magic != SOCKFS_MAGIC && magic != ANON_INODE_FS_MAGIC)
		return;
	key->mount = key->dentry = key->inode = 0;
	if (type == FILE_TYPE_OTHER)
		key->inode = (__u64)file->f_op;
	key->name_hash = key->name_bytes = 0;
	key->generation = type;
}

/* Names are never given back, so a full table stays full. */
static __always_inline bool names_are_full(void)
{
	return stats.names_created >= settings.max_files;
}

/*
 * A name's entry, made if need be; NULL: over the ceiling.  own_sum_targets: the
 * decision whose sum the entry itself shall know, 0 where labels tell sums apart.
 */
static __always_inline struct vfswatch_name *
find_name(const struct vfswatch_name_key *key, __u64 wanted, __u64 own_sum_targets)
{
	struct vfswatch_name *found = bpf_map_lookup_elem(&names, key), fresh = {};

	if (found)
		return found;
	if (bpf_map_pop_elem(&free_names, &fresh.name_id))
		return NULL;
	fresh.targets = wanted;
	fresh.sum_targets = own_sum_targets;
	if (bpf_map_update_elem(&names, key, &fresh, BPF_NOEXIST))
		bpf_map_push_elem(&free_names, &fresh.name_id, 0);
	else
		__sync_fetch_and_add(&stats.names_created, 1);
	return bpf_map_lookup_elem(&names, key);
}

#endif
