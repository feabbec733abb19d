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

/* A bit for each process that a target names: most reads end at this test. */
__u64 named_tgids[VFSWATCH_TGID_LIMIT / 64];

struct vfswatch_stats stats;

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

/* Names that were read for a target; limits.max_files.  Full: overflow. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct vfswatch_name_key);
	__type(value, struct vfswatch_name);
} names SEC(".maps");

/*
 * Who would want a name that has no entry above: a cache, so that nobody's
 * files are walked once and not at each turn.  LRU: forgetting is harmless.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VFSWATCH_MAX_VERDICTS);
	__type(key, struct vfswatch_name_key);
	__type(value, __u64);
} verdicts SEC(".maps");

/* What a sum is kept for -> its id; limits.max_files.  Full: overflow. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct vfswatch_sum_key);
	__type(value, __u32);
} sum_ids SEC(".maps");

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
 * Ids that are free, put there by the daemon.  A queue and not a counter: 5.10
 * has no atomic that returns what it fetched.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
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

/* The automaton over all targets' path patterns. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
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
	__u32 truncated;
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

#endif
