/* SPDX-License-Identifier: GPL-2.0 */
/* Paths of files and cgroups, and who wants a path. */
#ifndef VFSWATCH_PATH_BPF_H
#define VFSWATCH_PATH_BPF_H

#include "mount.bpf.h"
#include "name.bpf.h"

/*
 * The offset is read through volatile map memory: held in a register, every
 * component doubles the states that 5.10's verifier has to follow.
 */
static __always_inline __u32 text_offset(struct walk *walk)
{
	return *(volatile __u32 *)&walk->offset;
}

/* Puts the last `bytes` of room in front of the text; false: no such room. */
static __always_inline bool take_room(struct walk *walk, __u32 bytes)
{
	__u32 offset = text_offset(walk);

	if (offset < bytes) {
		walk->flags |= VFSWATCH_NAME_TRUNCATED;
		return false;
	}
	*(volatile __u32 *)&walk->offset = offset - bytes;
	return true;
}

/* Puts "/name" in front of the text; false: no room, or a rename raced. */
static __always_inline bool prepend(struct walk *walk, const void *name, __u32 length)
{
	__u32 end = text_offset(walk) & (2 * VFSWATCH_PATH_BYTES - 1);
	__u32 start;

	if (!take_room(walk, length + 1))
		return false;
	start = text_offset(walk) & (VFSWATCH_PATH_BYTES - 1);
	walk->text[start] = '/';
	if (bpf_probe_read_kernel_str(&walk->text[start + 1], length + 1, name) != length + 1)
		return false;
	/* The NUL fell on the slash of the component behind. */
	if (end < VFSWATCH_PATH_BYTES)
		walk->text[end] = '/';
	return true;
}

static __always_inline bool prepend_name(struct walk *walk, struct dentry *dentry)
{
	return prepend(walk, BPF_CORE_READ(dentry, d_name.name),
		       BPF_CORE_READ(dentry, d_name.len) & VFSWATCH_NAME_BYTES);
}

/* Without a NUL: strings would make a map of their own. */
static const char root_text[] = { '/' };
static const char pipe_text[] = { 'p', 'i', 'p', 'e', ':' };
static const char socket_text[] = { 's', 'o', 'c', 'k', 'e', 't', ':' };
static const char anon_inode_text[] = { 'a', 'n', 'o', 'n', '_', 'i', 'n', 'o', 'd', 'e', ':' };

/* The whole text at once; `bytes` is a constant. */
static __always_inline void set_text(struct walk *walk, const char *text, __u32 bytes)
{
	__builtin_memcpy(&walk->text[VFSWATCH_PATH_BYTES - bytes], text, bytes);
	walk->offset = VFSWATCH_PATH_BYTES - bytes;
}

static __always_inline bool prepend_anon_inode(struct walk *walk)
{
	const __u32 bytes = sizeof(anon_inode_text);
	__u32 start;

	if (!take_room(walk, bytes))
		return false;
	start = text_offset(walk) & (VFSWATCH_PATH_BYTES - 1);
	__builtin_memcpy(&walk->text[start], anon_inode_text, bytes);
	return true;
}

/* What has no path: pipe:, socket:, memfd:name, anon_inode:[x]; no numbers. */
static __always_inline bool name_nameless(struct walk *walk, struct dentry *dentry, __u64 magic)
{
	if (magic == PIPEFS_MAGIC) {
		set_text(walk, pipe_text, sizeof(pipe_text));
		return true;
	}
	if (magic == SOCKFS_MAGIC) {
		set_text(walk, socket_text, sizeof(socket_text));
		return true;
	}
	if (!prepend_name(walk, dentry))
		return false;
	/* Without the slash that a component has. */
	*(volatile __u32 *)&walk->offset = text_offset(walk) + 1;
	return magic != ANON_INODE_FS_MAGIC || prepend_anon_inode(walk);
}

static __always_inline void start_walk(struct walk *walk)
{
	walk->offset = VFSWATCH_PATH_BYTES;
	walk->flags = 0;
}

/* A root has no name. */
static __always_inline void end_walk(struct walk *walk)
{
	if (text_offset(walk) == VFSWATCH_PATH_BYTES)
		set_text(walk, root_text, sizeof(root_text));
}

/*
 * The walk remembers in map memory how often the dentry was moved so far: a
 * register would be one more state at each depth.
 */
static __always_inline void note_moves(struct walk *walk, struct dentry *dentry)
{
	BPF_CORE_READ_INTO(&walk->moves, dentry, d_seq.seqcount.sequence);
}

/* It is not being moved, and was not since note_moves(). */
static __always_inline bool stayed(struct walk *walk, struct dentry *dentry)
{
	__u32 moves = *(volatile __u32 *)&walk->moves;

	return !((moves & 1) | (moves ^ BPF_CORE_READ(dentry, d_seq.seqcount.sequence)));
}

/*
 * The absolute path by this mount, across the mounts above it to the true root.
 * Lockless, as a rename may race: false then, or when the name cannot be read,
 * and the next read tries again.  Each component is of one moment, all of them
 * together need not be: where two directories of one path move during the walk,
 * this read may see the one before and the other after.
 */
static __always_inline bool read_path(struct walk *walk, struct dentry *dentry,
				      struct mount *mount, __u64 magic)
{
	for (int depth = 0; depth < VFSWATCH_PATH_DEPTH; depth++) {
		struct dentry *parent;
		bool fits;

		note_moves(walk, dentry);
		parent = BPF_CORE_READ(dentry, d_parent);
		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount)
				goto out;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			continue;
		}
		if (parent == dentry && depth == 0)
			return name_nameless(walk, dentry, magic);
		/* Moved out of what its mount shows: the kernel calls it / from there. */
		if (parent == dentry) {
			set_text(walk, root_text, sizeof(root_text));
			return true;
		}
		fits = prepend_name(walk, dentry);
		/* Else name and parent may be of two places. */
		if (!stayed(walk, dentry))
			return false;
		if (!fits)
			return walk->flags & VFSWATCH_NAME_TRUNCATED;
		dentry = parent;
	}
	walk->flags |= VFSWATCH_NAME_TRUNCATED;
out:
	end_walk(walk);
	return true;
}

/* Where the host shows the file, or else the reader. */
static __always_inline struct mount *mount_shown(struct walk *walk, struct dentry *dentry,
						 struct mount *mount)
{
	__u64 namespace, found;

	if (!settings.host_paths)
		return mount;
	namespace = (__u64)BPF_CORE_READ(mount, mnt_ns);
	/* What has no path is mounted nowhere: its namespace is none, or an error number. */
	if (namespace == host_namespace || !namespace || namespace >= -4095ULL)
		return mount;
	found = find_host_mount((__u64)dentry);
	if (!found)
		walk->flags |= VFSWATCH_NAME_UNRESOLVED;
	return found ? (struct mount *)found : mount;
}

static __always_inline bool read_file_path(struct walk *walk, struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct mount *mount = mount_of(BPF_CORE_READ(file, f_path.mnt));

	start_walk(walk);
	mount = mount_shown(walk, dentry, mount);
	return read_path(walk, dentry, mount, BPF_CORE_READ(file, f_inode, i_sb, s_magic));
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___plain *plain = (void *)node;
	struct kernfs_node___rcu *rcu = (void *)node;

	if (bpf_core_field_exists(rcu->__parent))
		return BPF_CORE_READ(rcu, __parent);
	return BPF_CORE_READ(plain, parent);
}

#define CGROUP_DEPTH 64

/* A cgroup's path in the hierarchy of version 2; its names never change. */
static __always_inline void read_cgroup_path(struct walk *walk, struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn), *parent;
	char *scratch = &walk->text[VFSWATCH_PATH_BYTES + sizeof(struct vfswatch_name_trailer)];
	const char *name;
	long bytes;

	start_walk(walk);
	for (int depth = 0; depth < CGROUP_DEPTH; depth++) {
		parent = kernfs_parent(node);
		if (!parent) {
			end_walk(walk);
			return;
		}
		name = BPF_CORE_READ(node, name);
		/* Only to learn its length. */
		bytes = bpf_probe_read_kernel_str(scratch, VFSWATCH_NAME_BYTES + 1, name);
		if (bytes <= 1 || !prepend(walk, name, (bytes - 1) & VFSWATCH_NAME_BYTES))
			break;
		node = parent;
	}
	walk->flags |= VFSWATCH_NAME_TRUNCATED;
	end_walk(walk);
}

#define MATCH_PART_BYTES 256

/*
 * The state after the next part of the current task's text, whose hash goes on
 * from a seed that nobody knows.  A global function, so that the
 * verifier follows these branches once and not for each part: all of 4096 in
 * one program are more than it keeps pending.
 */
__noinline __u32 match_part(__u32 state, __u32 from)
{
	__u64 key = bpf_get_current_task(), hash;
	struct walk *walk = bpf_map_lookup_elem(&walks, &key);
	struct vfswatch_path_state *row;

	if (!walk)
		return VFSWATCH_PATH_DEAD;
	hash = walk->hash;
	for (__u32 i = 0; i < MATCH_PART_BYTES; i++) {
		__u32 at = from + i;
		__u8 byte;

		if (at >= VFSWATCH_PATH_BYTES)
			break;
		byte = walk->text[at];
		hash = (hash ^ byte) * HASH_FACTOR;
		hash ^= hash >> 29;
		row = bpf_map_lookup_elem(&path_states, &state);
		if (!row)
			return VFSWATCH_PATH_DEAD;
		state = row->next[byte];
	}
	walk->hash = hash;
	return state;
}

/* Who wants the text, by the automaton that starts there. */
static __always_inline __u64 path_targets(struct walk *walk, __u32 start)
{
	__u32 state = start, from = text_offset(walk);
	struct vfswatch_path_state *row;

	walk->hash = settings.path_seed;
	for (int part = 0; part < VFSWATCH_PATH_BYTES / MATCH_PART_BYTES; part++) {
		if (from >= VFSWATCH_PATH_BYTES || state == VFSWATCH_PATH_DEAD)
			break;
		state = match_part(state, from);
		from += MATCH_PART_BYTES;
	}
	row = bpf_map_lookup_elem(&path_states, &state);
	return row ? row->targets : 0;
}

/* Hands the text to user space; false: no room in the ring. */
static __always_inline bool announce(struct walk *walk, __u32 kind, __u64 subject)
{
	__u32 offset = text_offset(walk) & (VFSWATCH_PATH_BYTES - 1);
	struct vfswatch_name_trailer *trailer = (void *)&walk->text[VFSWATCH_PATH_BYTES];
	__u32 bytes = VFSWATCH_PATH_BYTES - offset + sizeof(*trailer);

	trailer->subject = subject;
	trailer->kind = kind;
	trailer->flags = walk->flags;
	if (!bpf_ringbuf_output(&name_ring, &walk->text[offset], bytes, 0))
		return true;
	__sync_fetch_and_add(&stats.name_ring_full, 1);
	return false;
}

#endif
