/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's structs that we read, with the fields that we read.  CO-RE
 * finds each field by its name in the running kernel's BTF, so order and the
 * missing fields do not matter.
 */
#ifndef VFSWATCH_KERNEL_TYPES_H
#define VFSWATCH_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

/* linux/fs.h */
#define MAY_READ 4
/* overlayfs's backing files: the layer above is the one that is accounted */
#define FMODE_NOACCOUNT 0x20000000

/* asm-generic/errno-base.h */
#define EBADF 9

/* linux/sched.h */
#define CLONE_THREAD 0x00010000

/* asm/thread_info.h: the task runs a system call of the 32-bit ABI */
#define X86_TS_COMPAT 0x2
#define ARM64_TIF_32BIT (1 << 22)

/* linux/stat.h: i_mode >> 12; what has no path and no type of its own */
#define FILE_TYPE_OTHER 0
#define FILE_TYPE_FIFO 1
#define FILE_TYPE_DIRECTORY 4
#define FILE_TYPE_BLOCK_DEVICE 6
#define FILE_TYPE_REGULAR 8
#define FILE_TYPE_SOCKET 12

/* linux/magic.h */
#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534f434b
#define ANON_INODE_FS_MAGIC 0x09041934

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	__u32 hash;
	__u32 len;
	const unsigned char *name;
};

struct list_head {
	struct list_head *next;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
	struct dentry *s_root;
};

struct inode {
	__u16 i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_generation;
};

struct seqcount {
	unsigned int sequence;
};

typedef struct seqcount seqcount_t;

struct seqcount_spinlock {
	seqcount_t seqcount;
};

typedef struct seqcount_spinlock seqcount_spinlock_t;

struct dentry {
	seqcount_spinlock_t d_seq;	/* odd while a rename moves it */
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

/* A file system's mounts, before 6.17 and since: flavours. */
struct super_block___list {
	struct list_head s_mounts;
};

struct mount___list {
	struct list_head mnt_instance;
};

struct super_block___chain {
	struct mount *s_mounts;
};

struct mount___chain {
	struct mount *mnt_next_for_sb;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	const void *f_op;
	unsigned int f_mode;
};

/* vfs_rename()'s argument since 5.12. */
struct renamedata {
	struct dentry *old_dentry;
	struct dentry *new_dentry;
};

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct task_io_accounting {
	__u64 rchar;
	__u64 syscr;
};

struct mm_struct {
	struct file *exe_file;
};

struct kernfs_node {
	const char *name;
};

/* Before 6.15 and since: flavours. */
struct kernfs_node___plain {
	struct kernfs_node *parent;
};

struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;	/* in the hierarchy of cgroup v2 */
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	struct css_set *cgroups;
	struct nsproxy *nsproxy;
	__u64 self_exec_id;
	__u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct task_io_accounting ioac;
};

/*
 * Where the number of a task's system call is, on each architecture: flavours,
 * of which CO-RE finds the one that the kernel has.
 */
struct pt_regs___x86_call {
	unsigned long orig_ax;
};

struct pt_regs___arm64_call {
	int syscallno;
};

struct thread_info___x86 {
	__u32 status;
};

struct thread_info___arm64 {
	unsigned long flags;
};

struct task_struct___x86 {
	struct thread_info___x86 thread_info;
};

struct task_struct___arm64 {
	struct thread_info___arm64 thread_info;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_map;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	void *value;
};

#pragma clang attribute pop

#endif
