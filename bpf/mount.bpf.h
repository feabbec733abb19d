/* SPDX-License-Identifier: GPL-2.0 */
/*
 * By which mount does the host reach a file?  Global functions: they are verified once, and not where
 * they are called.
 */
#ifndef VFSWATCH_MOUNT_BPF_H
#define VFSWATCH_MOUNT_BPF_H

#include "maps.bpf.h"

#include <bpf/bpf_core_read.h>

#define mount_of(vfsmount) \
	((struct mount *)((void *)(vfsmount) - bpf_core_field_offset(struct mount, mnt)))

__noinline int is_below(__u64 address, __u64 root)
{
	struct dentry *dentry = (struct dentry *)address, *parent;

	for (int depth = 0; depth < VFSWATCH_PATH_DEPTH; depth++) {
		if ((__u64)dentry == root)
			return 1;
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry)
			return 0;
		dentry = parent;
	}
	return 0;
}

/* Where the mounts of a file system end: at the list's own head, or nowhere. */
static __always_inline struct mount *end_of_mounts(struct super_block *super)
{
	if (bpf_core_field_exists(struct mount___chain, mnt_next_for_sb))
		return NULL;
	return (void *)super + bpf_core_field_offset(struct super_block___list, s_mounts) -
	       bpf_core_field_offset(struct mount___list, mnt_instance);
}

static __always_inline struct mount *first_mount(struct super_block *super)
{
	struct super_block___chain *chain = (void *)super;
	struct super_block___list *list = (void *)super;

	if (bpf_core_field_exists(struct mount___chain, mnt_next_for_sb))
		return BPF_CORE_READ(chain, s_mounts);
	return (void *)BPF_CORE_READ(list, s_mounts.next) -
	       bpf_core_field_offset(struct mount___list, mnt_instance);
}

static __always_inline struct mount *next_mount(struct mount *mount)
{
	struct mount___chain *chain = (void *)mount;
	struct mount___list *list = (void *)mount;

	if (bpf_core_field_exists(struct mount___chain, mnt_next_for_sb))
		return BPF_CORE_READ(chain, mnt_next_for_sb);
	return (void *)BPF_CORE_READ(list, mnt_instance.next) -
	       bpf_core_field_offset(struct mount___list, mnt_instance);
}

static __always_inline bool shows_whole(struct mount *mount, struct super_block *super)
{
	return BPF_CORE_READ(mount, mnt.mnt_root) == BPF_CORE_READ(super, s_root);
}

/* Mounts are looked at in parts: all in one loop are more than 7's verifier follows. */
#define MOUNTS_IN_PART 32
/* More mounts of one file system than parts of them are not looked at. */
#define MOUNT_PARTS 16

/*
 * Of this mount and the next of its file system, the host's that shows the dentry, rather the whole
 * file system than a part of it; 0: there is none.
 */
__noinline __u64 host_mount_in_part(__u64 address, __u64 from)
{
	struct dentry *dentry = (struct dentry *)address;
	struct super_block *super = BPF_CORE_READ(dentry, d_sb);
	struct mount *mount = (struct mount *)from, *end = end_of_mounts(super);
	__u64 found = 0;

	for (int i = 0; i < MOUNTS_IN_PART && mount != end; i++) {
		if ((__u64)BPF_CORE_READ(mount, mnt_ns) == host_namespace) {
			if (shows_whole(mount, super))
				return (__u64)mount;
			if (!found && is_below(address, (__u64)BPF_CORE_READ(mount, mnt.mnt_root)))
				found = (__u64)mount;
		}
		mount = next_mount(mount);
	}
	return found;
}

/* Where the part behind that of this mount begins; 0: nowhere. */
__noinline __u64 next_part(__u64 address, __u64 from)
{
	struct dentry *dentry = (struct dentry *)address;
	struct mount *mount = (struct mount *)from, *end = end_of_mounts(BPF_CORE_READ(dentry, d_sb));

	for (int i = 0; i < MOUNTS_IN_PART; i++) {
		if (mount == end)
			return 0;
		mount = next_mount(mount);
	}
	return mount == end ? 0 : (__u64)mount;
}

/* The host's mount of the same file system that shows the dentry; 0: there is none. */
__noinline __u64 find_host_mount(__u64 address)
{
	struct dentry *dentry = (struct dentry *)address;
	struct super_block *super = BPF_CORE_READ(dentry, d_sb);
	__u64 part = (__u64)first_mount(super), found = 0, here;

	for (int i = 0; i < MOUNT_PARTS && part; i++) {
		here = host_mount_in_part(address, part);
		if (here && shows_whole((struct mount *)here, super))
			return here;
		if (!found)
			found = here;
		part = next_part(address, part);
	}
	return found;
}

#endif
