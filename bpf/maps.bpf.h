/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every map: key -> value, capacity, what happens when it is full.  Capacities
 * of 1 are set by the daemon before load.
 */
#ifndef VFSWATCH_MAPS_BPF_H
#define VFSWATCH_MAPS_BPF_H

#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "vfswatch_abi.h"

/* Fixed before load; the verifier sees constants. */
const volatile struct vfswatch_settings settings;

/*
 * A bit for each process that a target names: most reads end at this test.  And for those whose run
 * was decided by an earlier policy: they may have to learn that nobody wants them any more.
 */
__u64 named_tgids[VFSWATCH_TGID_LIMIT / 64];

struct vfswatch_stats stats;

/* Paths read at an earlier version are read again; raised in paths.bpf.h. */
__u64 path_version;

/* The host's mount namespace, where paths are shown by it. */
__u64 host_namespace;

/*
 * Targets that the children which are there already are looked for, once the hooks at the start and
 * the end of tasks stand.
 */
__u64 surveyed_targets;

/* Those whose children that were there have been found. */
__u64 followed_targets;

/* Of all that tasks may have inherited, what still means the same target. */
__u64 inheritable_targets;

/* The last number of a policy: each set of programs takes the next. */
__u32 policies;

/* Tasks that were there already, found because their parent is followed. */
__u64 children_adopted;

/* A directory's rename had no room in `renames`: from now on every rename counts as one. */
__u32 renames_unnoted;

/*
 * task_struct's address -> its run; limits.max_tasks.  Full: the task's reads
 * are unattributed.  A hash and not task storage, which refuses under full
 * preemption on 6.1; the address is not reused before task_free drops it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct vfswatch_run);
} runs SEC(".maps");

/*
 * What is known of a name; limits.max_files and VFSWATCH_MORE_NAMES.  A cache:
 * a name that was forgotten is read again, and finds its sum by its path.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct vfswatch_name_key);
	__type(value, struct vfswatch_name);
} names SEC(".maps");

/* What a sum is kept for -> where it is; limits.max_files.  Full: overflow. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct vfswatch_sum_key);
	__type(value, struct vfswatch_sum_place);
} sum_places SEC(".maps");

/*
 * id -> sum; limits.max_files + 1.  Mapped by the daemon: a scrape reads them
 * without a system call, so it cannot make kprobes miss either.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vfswatch_sum);
} sums SEC(".maps");

/*
 * Ids of free sums, the daemon puts the first ones there.  A stack and not a
 * counter: 5.10 has no atomic that returns what it fetched.
 */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_sums SEC(".maps");

/* tgid -> which targets name it, and which holder of the number they mean. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vfswatch_process);
} processes SEC(".maps");

/* comm of a thread group's leader -> which targets name it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, char[VFSWATCH_COMM_BYTES]);
	__type(value, __u64);
} comms SEC(".maps");

/* uid -> which targets name it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} uids SEC(".maps");

/*
 * Ids of cgroups whose path user space was told, for labels.  LRU: it may be
 * told again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VFSWATCH_MAX_CGROUPS);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

/* task_struct's address -> how many directories it is renaming, for pairs of probes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VFSWATCH_MAX_RENAMES);
	__type(key, __u64);
	__type(value, __u32);
} renames SEC(".maps");

/*
 * The automata over all targets' patterns.  Mapped by the daemon, which fills it while other programs
 * count: thousands of system calls would make kprobes miss.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vfswatch_path_state);
} path_states SEC(".maps");

/*
 * A path being read, its text written from VFSWATCH_PATH_BYTES downwards; the
 * ring's trailer stands behind.  The rest is never used: the verifier knows the
 * largest offset and the largest length, not that they exclude each other.
 */
struct walk {
	__u32 offset;
	__u32 flags;	/* VFSWATCH_NAME_TRUNCATED, VFSWATCH_NAME_UNRESOLVED */
	__u64 hash;	/* of the text, once it was matched */
	__u32 moves;	/* of the component that is being read; odd: one is under way */
	__u32 unused;	/* the text's end, a record's trailer, is aligned */
	char text[2 * VFSWATCH_PATH_BYTES + sizeof(struct vfswatch_name_trailer)];
};

/*
 * task_struct's address -> its walk, while it lasts.  Not per CPU: LSM
 * programs can be preempted.  Full: the path is tried again at the next read.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VFSWATCH_MAX_WALKS);
	__type(key, __u64);
	__type(value, struct walk);
} walks SEC(".maps");

/* The program that resolves a name, of the same kind as the one that calls. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} resolver SEC(".maps");

/* Paths to user space.  Full: the name stays unannounced and is tried again. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, VFSWATCH_NAME_RING_BYTES);
} name_ring SEC(".maps");

/* A snippet being made: the ring's record, at most a path and a copy of that length behind it. */
struct snippet_room {
	struct vfswatch_snippet head;
	char bytes[VFSWATCH_PATH_BYTES + VFSWATCH_SNIPPET_BYTES];
};

/*
 * task_struct's address -> its snippet, while it is made; VFSWATCH_MAX_SNIPPETS where a target asks
 * for snippets.  Not per CPU, as walks.  Full: the sample is lost, and counted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct snippet_room);
} snippet_rooms SEC(".maps");

/* Snippets to user space; VFSWATCH_SNIPPET_RING_BYTES where a target asks.  Full: lost and counted. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} snippet_ring SEC(".maps");

#endif
