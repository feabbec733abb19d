/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Snippets: the first bytes of sampled reads, out of the reader's own memory, at the end of the
 * read.  Whose they are was decided at the read's start; most reads end at the draw.  In programs
 * of their own, which are not there where no target asks.
 */
#ifndef VFSWATCH_SNIPPET_BPF_H
#define VFSWATCH_SNIPPET_BPF_H

#include "path.bpf.h"
#include "run.bpf.h"
#include "walk.bpf.h"

/*
 * When the next sample is due at a target's rate, by the rules of now.  Where two CPUs race here, one
 * sample too many passes: the exact ceiling is user space's.
 */
__u64 samples_due_ns[VFSWATCH_MAX_TARGETS];

/* Somebody may want a sample of the read that ended; *draw decides whose. */
static __always_inline bool draw_sample(long result, __u32 *draw)
{
	if (result <= 0 || !process_may_be_wanted(current_tgid()))
		return false;
	*draw = bpf_get_prandom_u32();
	return *draw <= settings.most_chance;
}

/*
 * The end of a read is sampled once: two methods may be attached while one replaces the other.  Not
 * that of a read that another policy decided about.
 */
static __always_inline __u64 take_end(struct vfswatch_run *run)
{
	if (!(run->end_open & VFSWATCH_END_UNSAMPLED) || run->unattributed ||
	    run->decided_by != settings.policy)
		return 0;
	run->end_open &= ~VFSWATCH_END_UNSAMPLED;
	return run->targets & run->known.snippet_targets;
}

/* Of these, for whom the draw takes a sample.  Global, as the next two: verified once, and no branch
 * of theirs multiplies those behind. */
__noinline __u64 drawn_targets(__u64 targets, __u32 draw)
{
	__u64 drawn = 0;

	for (int target = 0; target < VFSWATCH_MAX_TARGETS && targets >> target; target++)
		drawn |= (__u64)(draw <= settings.sampling[target].chance) << target;
	return drawn & targets;
}

/* Counts a sample for each, and returns who is below its rate. */
__noinline __u64 admitted_targets(__u64 targets, __u64 now)
{
	__u64 admitted = 0, due;

	for (int target = 0; target < VFSWATCH_MAX_TARGETS && targets >> target; target++) {
		if (!(targets >> target & 1))
			continue;
		__sync_fetch_and_add(&stats.sampled[target].taken, 1);
		due = samples_due_ns[target];
		if (due > now + settings.sampling[target].burst_ns) {
			__sync_fetch_and_add(&stats.sampled[target].rate_limited, 1);
			continue;
		}
		samples_due_ns[target] = (due > now ? due : now) +
					 settings.sampling[target].interval_ns;
		admitted |= 1ULL << target;
	}
	return admitted;
}

__noinline __u32 longest_snippet(__u64 targets)
{
	__u32 longest = 0, bytes;

	for (int target = 0; target < VFSWATCH_MAX_TARGETS && targets >> target; target++) {
		bytes = settings.sampling[target].max_bytes;
		if (targets >> target & 1 && bytes > longest)
			longest = bytes;
	}
	return longest;
}

static __always_inline void count_ring_full(__u64 targets)
{
	for (int target = 0; target < VFSWATCH_MAX_TARGETS && targets >> target; target++)
		if (targets >> target & 1)
			__sync_fetch_and_add(&stats.sampled[target].ring_full, 1);
}

/* Where the read began: by now its position has moved on. */
static __always_inline __s64 offset_before(struct file *file, __u64 position, long result)
{
	__u32 type = BPF_CORE_READ(file, f_inode, i_mode) >> 12;
	__s64 end;

	if (!position || (type != FILE_TYPE_REGULAR && type != FILE_TYPE_BLOCK_DEVICE) ||
	    bpf_probe_read_kernel(&end, sizeof(end), (void *)position) || end < result)
		return -1;
	return end - result;
}

static __always_inline void describe_read(struct vfswatch_snippet *head,
					  const struct vfswatch_arguments *arguments, long result)
{
	struct file *file = (struct file *)arguments->file;
	struct task_struct *task = current_task();
	__u64 comm[VFSWATCH_COMM_BYTES / 8];

	head->offset = offset_before(file, arguments->position, result);
	head->bytes = result;
	head->requested = arguments->asked;
	head->tgid = current_tgid();
	head->tid = bpf_get_current_pid_tgid();
	head->uid = read_uid(task);
	read_comm(task, comm);
	__builtin_memcpy(head->comm, comm, sizeof(head->comm));
}

/* The current task's room for a snippet; NULL: too many tasks copy one at this moment. */
static __always_inline struct snippet_room *open_room(void)
{
	__u64 key = bpf_get_current_task();
	static const struct snippet_room fresh;

	if (bpf_map_update_elem(&snippet_rooms, &key, &fresh, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&snippet_rooms, &key);
}

static __always_inline void close_room(void)
{
	__u64 key = bpf_get_current_task();

	bpf_map_delete_elem(&snippet_rooms, &key);
}

/*
 * Puts the path of the file that the current task reads into its room; returns its length, 0 where
 * a rename raced.  Global, so that the verifier does not follow what comes behind from each depth of
 * the walk; without an argument, for newer kernels let no pointer pass as a number.
 */
__noinline __u32 copy_path(void)
{
	__u64 key = bpf_get_current_task();
	struct snippet_room *room = bpf_map_lookup_elem(&snippet_rooms, &key);
	struct vfswatch_run *run = bpf_map_lookup_elem(&runs, &key);
	struct walk *walk = bpf_map_lookup_elem(&walks, &key);
	__u32 offset, bytes;

	if (!room || !run || !walk || !read_file_path(walk, (struct file *)run->arguments.file))
		return 0;
	offset = text_offset(walk) & (VFSWATCH_PATH_BYTES - 1);
	bytes = VFSWATCH_PATH_BYTES - offset;
	return bpf_probe_read_kernel(room->bytes, bytes, &walk->text[offset]) ? 0 : bytes;
}

/* Puts what the reader got behind the path; returns its length, 0 with the reason in the head. */
static __always_inline __u64 copy_data(struct snippet_room *room, __u64 path_bytes, __u64 buffer,
				       long result)
{
	__u64 bytes = longest_snippet(room->head.targets);
	long error;

	if (bytes > (__u64)result)
		bytes = result;
	/* Here and not where they come from: 5.10 forgets what it knew of a number on the stack. */
	barrier_var(bytes);
	barrier_var(path_bytes);
	if (bytes > VFSWATCH_SNIPPET_BYTES || path_bytes > VFSWATCH_PATH_BYTES)
		return 0;
	error = bpf_probe_read_user(&room->bytes[path_bytes], bytes, (void *)buffer);
	if (!error)
		return bytes;
	room->head.fault = -error;
	return 0;
}

/* False: no room in the ring. */
static __always_inline bool send_snippet(struct snippet_room *room,
					 const struct vfswatch_arguments *arguments, long result)
{
	__u64 path_bytes, data_bytes;

	describe_read(&room->head, arguments, result);
	path_bytes = copy_path();
	data_bytes = copy_data(room, path_bytes, arguments->buffer, result);
	barrier_var(path_bytes);
	barrier_var(data_bytes);
	if (path_bytes > VFSWATCH_PATH_BYTES || data_bytes > VFSWATCH_SNIPPET_BYTES)
		return false;
	room->head.path_bytes = path_bytes;
	room->head.data_bytes = data_bytes;
	return !bpf_ringbuf_output(&snippet_ring, room,
				   sizeof(room->head) + path_bytes + data_bytes, 0);
}

static __always_inline void sample_read(struct vfswatch_run *run, __u32 draw, long result)
{
	__u64 targets = drawn_targets(take_end(run), draw), now;
	struct snippet_room *room;
	bool sent = false;

	if (!targets)
		return;
	now = bpf_ktime_get_ns();
	targets = admitted_targets(targets, now);
	if (!targets)
		return;
	room = open_room();
	if (room && open_walk()) {
		room->head.time_ns = now;
		room->head.targets = targets;
		sent = send_snippet(room, &run->arguments, result);
	}
	close_walk();
	close_room();
	if (!sent)
		count_ring_full(targets);
}

/* fexit: the arguments are at hand, but 5.10 gives the position's pointer to probe reads only. */
static __always_inline int sample_end(unsigned long long *ctx)
{
	struct file *file = (struct file *)ctx[0];
	struct vfswatch_run *run;
	long result = ctx[4];
	__u32 draw;

	if (!draw_sample(result, &draw))
		return 0;
	run = run_of(current_task());
	if (!run || run->inode_address != (__u64)file->f_inode)
		return 0;
	run->arguments.file = (__u64)file;
	run->arguments.buffer = ctx[1];
	run->arguments.asked = ctx[2];
	bpf_probe_read_kernel(&run->arguments.position, sizeof(run->arguments.position), &ctx[3]);
	sample_read(run, draw, result);
	/* Nothing is left for a pair of probes that comes in the place of this one. */
	run->arguments.buffer = 0;
	return 0;
}

/*
 * What the entry of a pair kept is of this end: the entry of this read may have been missed, and
 * what stands there be of an earlier one.  The kernel counts the call before vfs_read() returns.
 */
static __always_inline bool arguments_are_of(struct vfswatch_run *run, struct task_struct *task)
{
	struct file *file = (struct file *)run->arguments.file;

	return run->arguments.buffer &&
	       run->arguments.calls_before + 1 == TASK_READ(task, ioac.syscr) &&
	       run->inode_address == (__u64)BPF_CORE_READ(file, f_inode);
}

/* Exit of a pair of probes: the arguments were kept at the entry. */
static __always_inline int sample_seen_read(long result)
{
	struct task_struct *task = current_task();
	struct vfswatch_run *run;
	__u32 draw;

	if (!draw_sample(result, &draw))
		return 0;
	run = run_of(task);
	if (run && arguments_are_of(run, task))
		sample_read(run, draw, result);
	return 0;
}

#endif
