/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The contract between the BPF object and the daemon: keys, values, records
 * and limits.  Every byte is named (explicit pad) and every size asserted, so
 * that no hole differs between the two compilers.
 */
#ifndef VFSWATCH_ABI_H
#define VFSWATCH_ABI_H

#include <linux/types.h>

/* One bit of a __u64 for each target of the config. */
#define VFSWATCH_MAX_TARGETS 64

/* PID_MAX_LIMIT on 64-bit kernels: a bit for each possible process. */
#define VFSWATCH_TGID_LIMIT (1 << 22)

/* PATH_MAX: what getcwd(2) and open(2) call a path, its NUL included. */
#define VFSWATCH_PATH_BYTES 4096

/* Deeper paths are cut; KERNEL fact: 96 levels verify on every kernel. */
#define VFSWATCH_PATH_DEPTH 96

/* NAME_MAX: one component of a path, without its NUL. */
#define VFSWATCH_NAME_BYTES 255

/* TASK_COMM_LEN */
#define VFSWATCH_COMM_BYTES 16

/* i_mode >> 12 of S_IFIFO .. S_IFSOCK fits four bits. */
#define VFSWATCH_FILE_TYPES 16

/*
 * Tasks that may be resolving a path at one moment.  LSM programs can be
 * preempted, so this is not bounded by the number of CPUs; beyond it a read is
 * counted as unattributed and the path is tried again at the next read.
 */
#define VFSWATCH_MAX_WALKS 256

/* Names remembered beside those that have a sum: a cache, so that few are walked twice. */
#define VFSWATCH_MORE_NAMES 16384

/* Cgroups whose path user space was told: a cache too. */
#define VFSWATCH_MAX_CGROUPS 4096

/*
 * Errors are counted by number: asm-generic's end at 133 (EHWPOISON), what the
 * kernel keeps to itself (ERESTARTSYS ...) begins at 512.  Slot 0: any other.
 */
#define VFSWATCH_ERRNO_PUBLIC_END 134
#define VFSWATCH_ERRNO_KERNEL_BEGIN 512
#define VFSWATCH_ERRNO_KERNEL_END 532
#define VFSWATCH_ERRNO_SLOTS \
	(VFSWATCH_ERRNO_PUBLIC_END + VFSWATCH_ERRNO_KERNEL_END - VFSWATCH_ERRNO_KERNEL_BEGIN)

/*
 * Durations are counted in buckets that end at 1 us, 2 us, 4 us ... 16.8 s; the
 * last has no end.
 */
#define VFSWATCH_DURATION_BUCKETS 26
#define VFSWATCH_DURATION_UNIT_NS 1000

/* Paths on their way to user space; a burst beyond it is announced later. */
#define VFSWATCH_NAME_RING_BYTES (1 << 22)

/* config: the longest snippet */
#define VFSWATCH_SNIPPET_BYTES 4096

/* Snippets on their way to user space; a burst beyond it is counted as lost. */
#define VFSWATCH_SNIPPET_RING_BYTES (1 << 20)

/* Tasks that may be copying a snippet at one moment; beyond it the sample is counted as lost. */
#define VFSWATCH_MAX_SNIPPETS 64

/* Directories that are being renamed at one moment; beyond it every rename counts as one of them. */
#define VFSWATCH_MAX_RENAMES 1024

/*
 * The automata that decide a file's path, an executable's, a cgroup's, and what is sensitive: state
 * 0 rejects whatever follows, in state 1 every file's path starts, the others start where settings
 * say.  520 bytes a state.
 */
#define VFSWATCH_MAX_PATH_STATES 16384
#define VFSWATCH_PATH_DEAD 0
#define VFSWATCH_PATH_START 1

/* One state of the path automaton. */
struct vfswatch_path_state {
	__u16 next[256];
	__u64 targets;	/* who wants a path that ends here */
};

/*
 * What a file is called by one reader's view.  Pointers alone are recycled by
 * the kernel; name_hash covers the parent and the last component, so a rename
 * is another name at once.
 */
struct vfswatch_name_key {
	__u64 mount;
	__u64 dentry;
	__u32 name_hash;	/* dentry->d_name.hash: of parent and name */
	__u32 name_bytes;	/* dentry->d_name.len */
	__u64 inode;		/* i_ino */
	__u32 device;		/* s_dev: major << 20 | minor */
	__u32 generation;	/* i_generation */
};

/* What is known of a name. */
struct vfswatch_name {
	__u64 check;		/* of its key, while others read it the kernel reuses an entry; of the policy */
	__u64 targets;		/* who wants it, whichever process reads it */
	__u64 path;		/* hash of its path */
	__u64 path_version;	/* since when: paths change with directories and mounts */
	__u64 snippet_targets;	/* of these targets, who may copy what is read */
	__u64 sum_targets;	/* the decision that sum_id belongs to */
	__u32 sum_id;		/* its sum without label fields; 0: none */
	__u32 sum_generation;
};

/*
 * What one sum is kept for: a path, who wants it, and the label fields that
 * these targets ask for (0 where none does).
 */
struct vfswatch_sum_key {
	__u64 targets;
	__u64 path;	/* hash of the path */
	__u64 cgroup;	/* id */
	__u64 inode;
	__u32 device;	/* s_dev */
	__u32 tgid;
	__u32 uid;
	__u32 call;	/* system call's number + 1; 0: nobody asks, or not known */
	char comm[VFSWATCH_COMM_BYTES];
};

/* Where a sum is found, while it is that generation's. */
struct vfswatch_sum_place {
	__u32 id;
	__u32 generation;
};

/* A sum's life; it goes round. */
enum vfswatch_sum_state {
	VFSWATCH_SUM_FREE,	/* its id is in free_sums */
	VFSWATCH_SUM_LIVE,	/* set by the kernel, last: key is complete */
	VFSWATCH_SUM_RETIRING,	/* set by user space: no run may take it any more */
	VFSWATCH_SUM_DRAINED,	/* set by user space: nobody holds it, and it has been read */
};

/* Grows only, until it is drained. Indexed by sum id; id 0 is never used. */
struct vfswatch_sum {
	struct vfswatch_sum_key key;
	__u64 bytes;
	__u64 calls;
	__u64 errors;
	__u64 eofs;
	__u32 state;		/* enum vfswatch_sum_state */
	__u32 generation;	/* grows each time that it becomes free */
	__u32 holders;		/* runs that may still charge it */
	__u32 announced;	/* its path reached user space */
};

struct vfswatch_amount {
	__u64 bytes;
	__u64 calls;
};

/* Why a read of a wanted process is charged to no file. */
enum vfswatch_unattributed {
	VFSWATCH_UNATTRIBUTED_NONE,
	VFSWATCH_UNATTRIBUTED_TASK_TABLE_FULL,
	VFSWATCH_UNATTRIBUTED_PATH_UNRESOLVED,
	VFSWATCH_UNATTRIBUTED_REASONS,
};

/* What a process is decided by, and what labels say of it. 0 where nobody asks. */
struct vfswatch_who {
	__u64 comm[VFSWATCH_COMM_BYTES / 8];	/* of the thread group's leader */
	__u64 cgroup;	/* id */
	__u64 execs;	/* self_exec_id: how often the task began another program */
	__u32 uid;
	__u32 pad;
};

/* The arguments of a read, for the probe at its end, which does not see them. */
struct vfswatch_arguments {
	__u64 asked;
	__u64 file;
	__u64 buffer;		/* in user space */
	__u64 position;		/* where its loff_t is; 0: it has none */
	__u64 calls_before;	/* syscr at the entry: tells whose end a later end is not */
};

/* Which programs have not seen the end of the read under way. */
#define VFSWATCH_END_UNOBSERVED (1 << 0)
#define VFSWATCH_END_UNSAMPLED (1 << 1)

/*
 * One task's run of reads of one name under one decision.  Only the task
 * itself writes it (and its end); iter/task reads it.
 */
struct vfswatch_run {
	__u32 seq;		/* odd while it changes */
	__u32 tgid;		/* whose it is; 0: of a task that was made and has not read yet */
	__u64 process_targets;	/* who wants the task's process */
	__u64 inherited_targets;	/* of these, because an ancestor is wanted */
	struct vfswatch_who who;	/* what process_targets and the labels stand for */
	__u64 targets;		/* who wants these reads; 0: nobody */
	__u64 over_targets;	/* of these, who has no sum for them: over the ceiling */
	struct vfswatch_amount begin;	/* the task's meter when the run began */
	struct vfswatch_amount seen;	/* the meter of exit accounting: what its hooks saw */
	__u64 spliced_at;	/* syscr at the last splice that was seen to end */
	__u64 started_ns;	/* of the read under way, where a target asks how long */
	struct vfswatch_arguments arguments;	/* of the read under way, where a probe saw its entry */
	struct vfswatch_name_key name;	/* dentry 0: look again at the next read */
	struct vfswatch_name known;	/* what was known of it: the stack has no room */
	__u64 inode_address;
	__u64 path_version;	/* the name's path is of this version */
	__u64 pointer;		/* where the verifier forgets that a number is one */
	__u32 sum_id;		/* which it holds; 0: none */
	__u32 unattributed;	/* enum vfswatch_unattributed */
	__u32 fields;		/* VFSWATCH_FIELD_*: what the sum is kept by */
	__u32 call;
	__u32 end_open;		/* VFSWATCH_END_*: a read has begun, and who has not seen its end */
	__u32 decided_by;	/* the policy by which process_targets is decided for `who`; 0: none yet */
};

#define VFSWATCH_FIELD_PID (1 << 0)
#define VFSWATCH_FIELD_COMM (1 << 1)
#define VFSWATCH_FIELD_UID (1 << 2)
#define VFSWATCH_FIELD_CALL (1 << 3)
#define VFSWATCH_FIELD_CGROUP (1 << 4)
#define VFSWATCH_FIELD_INODE (1 << 5)	/* with its device */
#define VFSWATCH_FIELD_EXECS (1 << 6)	/* of a process only */

/* A run that stands for somebody, whatever its policy. */
struct vfswatch_holder {
	__u64 targets;		/* who may still be counted for by it */
	__u64 inherited_targets;
	__u32 tgid;
	__u32 decided_by;	/* policy */
	__u32 charges;		/* what its task reads goes somewhere */
	__u32 pad;
};

/* Reads that iter/task found not yet settled. */
struct vfswatch_residue {
	__u64 over_targets;
	__u64 bytes;
	__u64 calls;
	__u32 sum_id;
	__u32 unattributed;
};

/* A process that a target names. Key: tgid. */
struct vfswatch_process {
	__u64 targets;
	/*
	 * Start of the process that the number means, in USER_HZ ticks since
	 * boot as /proc/PID/stat has it; UNBOUND: the next that reads; GONE:
	 * that process has ended, whoever has the number now is another.
	 */
	__u64 start_ticks;
};

/* USER_HZ is 100 on every architecture that BPF trampolines run on. */
#define VFSWATCH_TICK_NS 10000000

#define VFSWATCH_PROCESS_UNBOUND (~0ULL)
#define VFSWATCH_PROCESS_GONE (~0ULL - 1ULL)

/* How long a target's reads took. */
struct vfswatch_durations {
	__u64 buckets[VFSWATCH_DURATION_BUCKETS];	/* not cumulative */
	__u64 sum_ns;
};

#define VFSWATCH_NAME_OF_FILE 0
#define VFSWATCH_NAME_OF_CGROUP 1
#define VFSWATCH_NAME_TRUNCATED (1 << 0)	/* the root's side is missing */
#define VFSWATCH_NAME_UNRESOLVED (1 << 1)	/* the reader's view, for the host has none */

/*
 * Ring record: a path without NUL, then this trailer.  A path is written from
 * its end, so only what follows it has a fixed place.
 */
struct vfswatch_name_trailer {
	__u64 subject;		/* the path's hash, or the cgroup's id */
	__u32 kind;		/* VFSWATCH_NAME_OF_* */
	__u32 flags;
};

/*
 * Ring record: this head, the path as far as it could be read, then what the reader got, as much
 * of it as was asked for.  Nothing else: neither a NUL nor a byte that was not written.
 */
struct vfswatch_snippet {
	__u64 time_ns;		/* CLOCK_MONOTONIC, when the read ended */
	__u64 targets;		/* whose sample it is */
	__s64 offset;		/* in the file, before the read; -1: it has none */
	__u64 bytes;		/* that the read returned */
	__u64 requested;
	__u32 tgid;
	__u32 tid;
	__u32 uid;
	__u32 path_bytes;	/* 0: a rename raced */
	__u32 data_bytes;
	__u32 fault;		/* errno of the copy; then there is no data */
	char comm[VFSWATCH_COMM_BYTES];	/* of the thread group's leader */
};

/* What became of a target's samples in the kernel. */
struct vfswatch_sampled {
	__u64 taken;		/* reads that were sampled, whatever became of them */
	__u64 rate_limited;
	__u64 ring_full;
};

/* Everything that is counted once for the whole daemon. */
struct vfswatch_stats {
	struct vfswatch_amount unattributed[VFSWATCH_UNATTRIBUTED_REASONS];
	struct vfswatch_amount overflow[VFSWATCH_MAX_TARGETS];
	__u64 target_sums[VFSWATCH_MAX_TARGETS];	/* in use, by who wants them */
	__u64 sums_created;
	__u64 sums_freed;
	__u64 runs_created;
	__u64 runs_freed;
	__u64 paths_resolved;	/* walks from a file to the root */
	__u64 name_ring_full;
	__u64 residue_torn;
	__u64 children_unfollowed;	/* made while the table of tasks was full */
	__u64 errnos[VFSWATCH_MAX_TARGETS][VFSWATCH_ERRNO_SLOTS];
	struct vfswatch_durations durations[VFSWATCH_MAX_TARGETS];
	struct vfswatch_sampled sampled[VFSWATCH_MAX_TARGETS];
};

/* How a target's reads are sampled. */
struct vfswatch_sampling {
	__u64 interval_ns;	/* between two samples at the target's rate */
	__u64 burst_ns;		/* how far samples may run ahead of it */
	__u32 chance;		/* a random __u32 up to this takes a sample */
	__u32 max_bytes;
};

/*
 * Fixed before load: what one set of programs decides by, with its own tables of processes, names,
 * users and paths.  Another configuration is another set over the same books.
 */
struct vfswatch_settings {
	__u64 any_process_targets;	/* targets that name no process */
	__u64 follow_targets;	/* targets that descendants of their processes match too */
	__u64 type_targets[VFSWATCH_FILE_TYPES];	/* by i_mode >> 12 */
	__u64 pid_targets;	/* targets that ask for this label */
	__u64 comm_targets;
	__u64 uid_targets;
	__u64 call_targets;
	__u64 cgroup_targets;	/* for the labels cgroup and unit */
	__u64 inode_targets;	/* for the labels inode and device */
	__u64 latency_targets;	/* targets that ask how long reads take */
	__u64 any_path_targets;	/* targets that name no path */
	__u64 snippet_targets;	/* targets that copy what is read */
	__u64 path_seed;	/* of the paths' hashes */
	__u32 process_fields;	/* VFSWATCH_FIELD_*: what processes are decided by, beside pids */
	__u32 exe_start;	/* state in which an executable's path starts; 0: nobody asks */
	__u32 cgroup_start;	/* the same for a cgroup's path */
	__u32 sensitive_start;	/* the same for a file's, by whom it may not be copied */
	__u32 most_chance;	/* the largest of sampling[] */
	__u32 max_files;
	__u32 target_max_files[VFSWATCH_MAX_TARGETS];	/* its share of them */
	struct vfswatch_sampling sampling[VFSWATCH_MAX_TARGETS];
	__u32 account_at_exit;	/* what reads returned, not what the kernel adds up */
	__u32 paths_hidden;	/* lockdown: paths cannot be read, nor files told apart */
	__u32 host_paths;	/* paths as the host's mount namespace has them */
	__u32 policy;	/* not 0, and no other set of programs over the same tables has it */
};

#ifdef __cplusplus
#define VFSWATCH_STATIC_ASSERT static_assert
#else
#define VFSWATCH_STATIC_ASSERT _Static_assert
#endif

VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_path_state) == 520, "path_state");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_name_key) == 40, "name_key");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_name) == 56, "name");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_sum_key) == 64, "sum_key");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_sum) == 112, "sum");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_sum_place) == 8, "sum_place");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_who) == 40, "who");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_run) == 312, "run");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_holder) == 32, "holder");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_residue) == 32, "residue");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_process) == 16, "process");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_amount) == 16, "amount");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_name_trailer) == 16, "name_trailer");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_snippet) == 80, "snippet");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_sampled) == 24, "sampled");
VFSWATCH_STATIC_ASSERT(sizeof(struct vfswatch_sampling) == 24, "sampling");

#endif
