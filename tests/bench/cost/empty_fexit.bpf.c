// SPDX-License-Identifier: GPL-2.0
/* What any exit probe on vfs_read costs at least. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fexit/vfs_read")
int empty_fexit(void *ctx)
{
	return 0;
}
