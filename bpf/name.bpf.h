/* SPDX-License-Identifier: GPL-2.0 */
/* Names: what a file is called by one reader's view. */
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

/* The verifier lets nobody multiply a pointer; out of a map's memory it is a number. */
static __always_inline __u64 number_of(struct vfswatch_run *run, __u64 pointer)
{
	*(volatile __u64 *)&run->pointer = pointer;
	return *(volatile __u64 *)&run->pointer;
}

/* 2^64 over the golden ratio: odd, so that no bit is forgotten. */
#define HASH_FACTOR 0x9e3779b97f4a7c15ULL

static __always_inline __u64 check_of(struct vfswatch_run *run,
				      const struct vfswatch_name_key *key)
{
	__u64 check = number_of(run, key->dentry) * HASH_FACTOR ^ number_of(run, key->mount);

	/* Of kinds of anonymous inodes it is a pointer as well. */
	check = check * HASH_FACTOR ^ number_of(run, key->inode) ^ (__u64)key->name_hash << 32;
	return check + ((__u64)key->generation << 32 | key->device) + settings.policy;
}

/*
 * What is known of a name by this policy and paths as they are now, in run->known.  A copy: a program may be
 * preempted here, and the entry become another name's, which the check then tells.
 */
static __always_inline bool find_name(struct vfswatch_run *run,
				      const struct vfswatch_name_key *key)
{
	struct vfswatch_name *name = bpf_map_lookup_elem(&names, key), *copy = &run->known;

	if (!name)
		return false;
	*copy = *(volatile struct vfswatch_name *)name;
	barrier();
	return copy->path_version == path_version &&
	       *(volatile __u64 *)&name->check == check_of(run, key);
}

#endif
