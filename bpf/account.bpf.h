/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Deferred accounting.  The kernel adds up rchar and syscr for each task, and
 * a task has one read under way at a time: remember the file and both sums
 * when a read starts, and when the task turns to another file, charge the
 * growth to the file before.  No exit hook, nothing in flight, nothing to miss.
 *
 * A run is written by its own task only, so it needs no lock; sums are shared,
 * and nothing keeps two tasks of one CPU apart, so every add is atomic.
 */
#ifndef VFSWATCH_ACCOUNT_BPF_H
#define VFSWATCH_ACCOUNT_BPF_H

#include "maps.bpf.h"
#include "path.bpf.h"
#include "target.bpf.h"
#include "task.bpf.h"

#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif

static __always_inline void add(struct vfswatch_amount *to, __u64 bytes, __u64 calls)
{
	__sync_fetch_and_add(&to->bytes, bytes);
	__sync_fetch_and_add(&to->calls, calls);
}

/* Over the ceiling: each target that wants the reads has a sum of the rest. */
static __always_inline void charge_overflow(__u64 targets, __u64 bytes, __u64 calls)
{
	for (int target = 0; target < VFSWATCH_MAX_TARGETS; target++)
		if (targets >> target & 1)
			add(&stats.overflow[target], bytes, calls);
}

static __always_inline void charge(struct vfswatch_run *run, __u64 bytes, __u64 calls)
{
	__u32 reason = run->unattributed;
	struct vfswatch_sum *sum;
	__u32 id = run->sum_id;

	if (id) {
		sum = bpf_map_lookup_elem(&sums, &id);
		if (sum) {
			__sync_fetch_and_add(&sum->bytes, bytes);
			__sync_fetch_and_add(&sum->calls, calls);
		}
	} else if (reason) {
		if (reason < VFSWATCH_UNATTRIBUTED_REASONS)
			add(&stats.unattributed[reason], bytes, calls);
	} else {
		charge_overflow(run->targets, bytes, calls);
	}
}

/* Charges what the task read since its run began. */
static __always_inline void settle(struct vfswatch_run *run, struct task_struct *task)
{
	__u64 rchar = task->ioac.rchar, syscr = task->ioac.syscr;
	__u64 bytes = rchar - run->rchar, calls = syscr - run->syscr;

	/* A sum may never fall, whatever task left this run behind. */
	if (run->targets && (bytes || calls) && rchar >= run->rchar && syscr >= run->syscr)
		charge(run, bytes, calls);
	run->rchar = rchar;
	run->syscr = syscr;
}

static __always_inline struct vfswatch_run *run_of(struct task_struct *task)
{
	__u64 key = (__u64)task;

	return bpf_map_lookup_elem(&runs, &key);
}

static __always_inline struct vfswatch_run *new_run(struct task_struct *task, __u32 tgid)
{
	struct vfswatch_run run = {};
	__u64 key = (__u64)task;

	run.process_targets = process_targets(task, tgid);
	run.rchar = task->ioac.rchar;
	run.syscr = task->ioac.syscr;
	if (bpf_map_update_elem(&runs, &key, &run, BPF_NOEXIST)) {
		/* Whether it will count, and what, nobody can tell now. */
		add(&stats.unattributed[VFSWATCH_UNATTRIBUTED_TASK_TABLE_FULL], 0, 1);
		return NULL;
	}
	__sync_fetch_and_add(&stats.runs_created, 1);
	return run_of(task);
}

/* While a run changes its seq is odd: iter/task leaves it alone. */
static __always_inline void begin_change(struct vfswatch_run *run)
{
	run->seq++;
	barrier();
}

static __always_inline void end_change(struct vfswatch_run *run)
{
	barrier();
	run->seq++;
}

static __always_inline bool same_labels(struct vfswatch_run *run, struct task_struct *task)
{
	__u64 *kept = (__u64 *)run->comm, comm[2];

	if (run->fields & VFSWATCH_FIELD_UID && run->uid != read_uid(task))
		return false;
	if (run->fields & VFSWATCH_FIELD_COMM) {
		read_comm(task, comm);
		return kept[0] == comm[0] && kept[1] == comm[1];
	}
	return true;
}

/*
 * Every field of the kernel's costs some eight instructions here, so this asks
 * for no more than tells two names apart: were dentry and inode both freed and
 * made again at their old addresses, for the same parent and name, then it is
 * the same path.
 */
static __always_inline bool same_run(struct vfswatch_run *run, struct file *file,
				     struct task_struct *task)
{
	struct dentry *dentry = file->f_path.dentry;

	return run->name.dentry == (__u64)dentry && run->name.mount == (__u64)file->f_path.mnt &&
	       run->inode_address == (__u64)file->f_inode && run->name.name_hash == dentry->d_name.hash &&
	       (!run->fields || same_labels(run, task));
}

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

static __always_inline void remember_name(struct vfswatch_run *run, struct file *file,
					  __u32 type)
{
	read_name_key(&run->name, file);
	run->inode_address = (__u64)file->f_inode;
	/*
	 * All anonymous inodes are one, and a closed one's dentry comes back at its
	 * address for another kind: nothing tells them apart at the next read.
	 */
	if (type == FILE_TYPE_OTHER)
		run->name.dentry = 0;
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

static __always_inline __u32 label_fields(__u64 targets)
{
	return (targets & settings.pid_targets ? VFSWATCH_FIELD_PID : 0) |
	       (targets & settings.comm_targets ? VFSWATCH_FIELD_COMM : 0) |
	       (targets & settings.uid_targets ? VFSWATCH_FIELD_UID : 0);
}

/* A new sum's id; 0: the table is full. */
static __always_inline __u32 new_sum(const struct vfswatch_sum_key *key)
{
	struct vfswatch_sum *sum;
	__u32 id, *winner;

	if (bpf_map_pop_elem(&free_sums, &id))
		return 0;
	sum = bpf_map_lookup_elem(&sums, &id);
	if (!sum)
		return 0;
	sum->key = *key;
	if (bpf_map_update_elem(&sum_ids, key, &id, BPF_NOEXIST)) {
		bpf_map_push_elem(&free_sums, &id, 0);
		winner = bpf_map_lookup_elem(&sum_ids, key);
		return winner ? *winner : 0;
	}
	barrier();
	sum->live = 1;
	__sync_fetch_and_add(&stats.sums_created, 1);
	return id;
}

static __always_inline __u32 find_sum(struct vfswatch_run *run, __u32 name_id, __u32 tgid)
{
	struct vfswatch_sum_key key = {};
	__u32 *id;

	key.targets = run->targets;
	key.name_id = name_id;
	if (run->fields & VFSWATCH_FIELD_PID)
		key.tgid = tgid;
	if (run->fields & VFSWATCH_FIELD_UID)
		key.uid = run->uid;
	if (run->fields & VFSWATCH_FIELD_COMM)
		__builtin_memcpy(key.comm, run->comm, sizeof(key.comm));
	id = bpf_map_lookup_elem(&sum_ids, &key);
	return id ? *id : new_sum(&key);
}

static __always_inline void keep_labels(struct vfswatch_run *run, struct task_struct *task)
{
	run->fields = label_fields(run->targets);
	if (run->fields & VFSWATCH_FIELD_UID)
		run->uid = read_uid(task);
	if (run->fields & VFSWATCH_FIELD_COMM)
		read_comm(task, (__u64 *)run->comm);
}

/* Wanted by nobody (targets 0), or over the ceiling. */
static __always_inline void charge_to_no_name(struct vfswatch_run *run, __u64 targets)
{
	run->targets = targets;
	run->unattributed = VFSWATCH_UNATTRIBUTED_NONE;
	run->fields = 0;
	run->sum_id = 0;
}

/* From here on the task's reads are of this name, for `targets`. */
static __always_inline void charge_to_name(struct vfswatch_run *run, struct vfswatch_name *name,
					   __u64 targets, struct task_struct *task, __u32 tgid)
{
	charge_to_no_name(run, targets);
	if (!targets)
		return;
	keep_labels(run, task);
	if (!run->fields && targets == name->sum_targets)
		run->sum_id = name->sum_id;
	if (!run->sum_id)
		run->sum_id = find_sum(run, name->name_id, tgid);
	/* Not announced yet: come back at the next read. */
	if (!name->announced)
		run->name.dentry = 0;
}

/* A name whose targets are not known (yet). */
static __always_inline void charge_to_unresolved(struct vfswatch_run *run, __u64 targets)
{
	charge_to_no_name(run, targets);
	run->unattributed = VFSWATCH_UNATTRIBUTED_PATH_UNRESOLVED;
	run->name.dentry = 0;
}

/* Names are never given back, so a full table stays full. */
static __always_inline bool names_are_full(void)
{
	return stats.names_created >= settings.max_files;
}

/*
 * Decides the new run from what is known of its name; false: the name has to
 * be resolved first, and meanwhile its reads are unattributed.
 */
static __always_inline bool decide(struct vfswatch_run *run, struct file *file,
				   struct task_struct *task, __u32 tgid)
{
	__u32 type = file_type(file->f_inode);
	__u64 targets = run->process_targets & type_targets(type);
	struct vfswatch_name_key key = {};
	struct vfswatch_name *name;
	__u64 *verdict;

	remember_name(run, file, type);
	if (!targets) {
		charge_to_no_name(run, 0);
		return true;
	}
	key = run->name;
	share_nameless(&key, file, type);
	name = bpf_map_lookup_elem(&names, &key);
	if (name && name->announced) {
		charge_to_name(run, name, targets & name->targets, task, tgid);
		return true;
	}
	verdict = bpf_map_lookup_elem(&verdicts, &key);
	if (verdict && (!(*verdict & targets) || names_are_full())) {
		charge_to_no_name(run, targets & *verdict);
		return true;
	}
	charge_to_unresolved(run, targets);
	return false;
}

/* Turns the task's books to another name. */
static __always_inline void turn(void *ctx, struct vfswatch_run *run, struct file *file,
				 struct task_struct *task, __u32 tgid)
{
	bool decided;

	begin_change(run);
	settle(run, task);
	decided = decide(run, file, task, tgid);
	end_change(run);
	if (!decided)
		bpf_tail_call(ctx, &resolver, 0);
}

/* At the start of every read that the kernel accounts. */
static __always_inline int account_read(void *ctx, struct file *file, int mask)
{
	struct task_struct *task;
	struct vfswatch_run *run;
	__u32 tgid;

	if (!(mask & MAY_READ))
		return 0;
	tgid = current_tgid();
	if (!process_may_be_wanted(tgid))
		return 0;
	task = bpf_get_current_task_btf();
	run = run_of(task);
	/* A file that is not accounted never had a run, so this needs no look at f_mode. */
	if (run && same_run(run, file, task))
		return 0;
	if (file->f_mode & FMODE_NOACCOUNT)
		return 0;
	if (!run)
		run = new_run(task, tgid);
	if (run)
		turn(ctx, run, file, task, tgid);
	return 0;
}

/* A name's entry, made if need be; NULL: over the ceiling. */
static __always_inline struct vfswatch_name *
find_name(const struct vfswatch_name_key *key, __u64 wanted, __u64 sum_targets)
{
	struct vfswatch_name *found = bpf_map_lookup_elem(&names, key), fresh = {};

	if (found)
		return found;
	if (bpf_map_pop_elem(&free_names, &fresh.name_id))
		return NULL;
	fresh.targets = wanted;
	fresh.sum_targets = label_fields(sum_targets) ? 0 : sum_targets;
	if (bpf_map_update_elem(&names, key, &fresh, BPF_NOEXIST))
		bpf_map_push_elem(&free_names, &fresh.name_id, 0);
	else
		__sync_fetch_and_add(&stats.names_created, 1);
	return bpf_map_lookup_elem(&names, key);
}

/* First sight of a name: its path, who wants it, and what is kept of it. */
static __always_inline void resolve_name(struct walk *walk, struct vfswatch_run *run,
					 struct file *file, struct task_struct *task, __u32 tgid)
{
	__u32 sequence = file->f_path.dentry->d_seq.seqcount.sequence;
	__u32 type = file_type(file->f_inode);
	struct vfswatch_name_key key = {};
	struct vfswatch_name *name;
	__u64 wanted, targets;

	if (sequence & 1 || !read_path(walk, file))
		return;
	barrier();
	wanted = path_targets(walk) & type_targets(type);
	targets = wanted & run->targets;
	read_name_key(&key, file);
	share_nameless(&key, file, type);
	barrier();
	/* A rename meanwhile: path and key may be of two names. The next read tries again. */
	if (file->f_path.dentry->d_seq.seqcount.sequence != sequence)
		return;

	begin_change(run);
	remember_name(run, file, type);
	name = targets ? find_name(&key, wanted, targets) : NULL;
	if (name) {
		if (!name->announced && announce_path(walk, name->name_id))
			name->announced = 1;
		charge_to_name(run, name, targets, task, tgid);
		if (targets == name->sum_targets && !name->sum_id)
			name->sum_id = run->sum_id;
	} else {
		bpf_map_update_elem(&verdicts, &key, &wanted, BPF_ANY);
		charge_to_no_name(run, targets);
	}
	end_change(run);
}

/* Runs after account_read() left an unresolved run. */
static __always_inline int resolve_read(struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct vfswatch_run *run = run_of(task);
	static const struct walk fresh;
	__u64 key = (__u64)task;
	struct walk *walk;

	if (!run || bpf_map_update_elem(&walks, &key, &fresh, BPF_ANY))
		return 0;
	walk = bpf_map_lookup_elem(&walks, &key);
	if (walk)
		resolve_name(walk, run, file, task, current_tgid());
	bpf_map_delete_elem(&walks, &key);
	return 0;
}

/* At the end of a task, when nothing of it runs any more. */
static __always_inline int end_task(struct task_struct *task)
{
	struct vfswatch_run *run = run_of(task);
	__u64 key = (__u64)task;

	forget_process(task);
	if (!run)
		return 0;
	settle(run, task);
	/* Should the kernel refuse to delete it, the next task at this address inherits nothing. */
	run->targets = 0;
	run->name.dentry = 0;
	if (!bpf_map_delete_elem(&runs, &key))
		__sync_fetch_and_add(&stats.runs_freed, 1);
	return 0;
}

/* What a task has read since its run began, without touching the run. */
static __always_inline int write_residue(struct seq_file *seq_file, struct task_struct *task)
{
	volatile struct vfswatch_run *run = run_of(task);
	struct vfswatch_residue residue = {};
	__u64 rchar, syscr;
	__u32 seq;

	if (!run)
		return 0;
	seq = run->seq;
	barrier();
	rchar = run->rchar;
	syscr = run->syscr;
	residue.targets = run->targets;
	residue.sum_id = run->sum_id;
	residue.unattributed = run->unattributed;
	residue.bytes = task->ioac.rchar - rchar;
	residue.calls = task->ioac.syscr - syscr;
	barrier();
	if (seq & 1 || run->seq != seq)
		__sync_fetch_and_add(&stats.residue_torn, 1);
	else if (residue.targets && (__s64)residue.bytes >= 0 && (__s64)residue.calls >= 0 &&
		 (residue.bytes || residue.calls))
		bpf_seq_write(seq_file, &residue, sizeof(residue));
	return 0;
}

#endif
