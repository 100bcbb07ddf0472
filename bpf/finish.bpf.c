// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "finish.bpf.h"

/* Bytes of line tables that one event may bring along; the others come with the next. */
#define TABLES_SPACE (128 * 1024)

/*
 * Names a line table.  Functions may share one, as equal ones are one object up to 3.10: the first
 * line, which is part of the signature, tells them apart, or the table of one would take the place
 * of the other's.
 */
static __always_inline __u64 table_id(__u64 table, __u32 firstlineno)
{
	return table ^ (__u64)firstlineno << 48;
}

/* Sends a line table that user space does not have yet. */
__noinline int send_table(__u32 slot, __u64 table, __u64 signature, __u64 linetable)
{
	struct scratch *s = scratch_get(slot);
	struct ev_table_key key = {};
	struct ev_linetable *ev;
	__u64 *known, id = bpf_get_current_pid_tgid();
	__u64 size;
	__u32 len;

	if (!s)
		return 0;
	key.linetable = linetable;
	key.pid = id >> 32;
	known = bpf_map_lookup_elem(&seen, &key);
	if (known && *known == signature)
		return 0;

	size = read_u64(s, table + OB_SIZE);
	len = size > PHRUDE_LINETABLE_MAX ? PHRUDE_LINETABLE_MAX : size;
	/* Nobody fills the ring with them: a stack has 128, and all may be new. */
	if (s->table_bytes > TABLES_SPACE) {
		s->tables_lost++;
		return 0;
	}
	s->table_bytes += len;
	ev = (void *)s->table;
	if (read_user(s, s->table + sizeof(*ev), len, table + 32)) {
		s->tables_lost++;
		return 0;
	}
	ev->hdr.size = sizeof(*ev) + len;
	ev->hdr.kind = EV_LINETABLE;
	ev->hdr.abi = PHRUDE_ABI_VERSION;
	ev->hdr.pad = 0;
	ev->hdr.time_ns = bpf_ktime_get_ns();
	ev->hdr.pid = id >> 32;
	ev->hdr.tid = id;
	ev->linetable = linetable;
	ev->signature = signature;
	ev->len = len;
	ev->full = size;
	/*
	 * Marked only once it is in the ring: what refers to it comes behind it, and wakes user
	 * space.
	 */
	if (bpf_ringbuf_output(&events, ev, sizeof(*ev) + len, BPF_RB_NO_WAKEUP)) {
		s->tables_lost++;
		return 0;
	}
	bpf_map_update_elem(&seen, &key, &signature, BPF_ANY);
	return 0;
}

/* What finish_stack() does for one frame. */
__noinline int finish_caller(__u32 slot, __u32 n)
{
	struct scratch *s = scratch_get(slot);
	struct caller *c;
	struct ev_frame *f;
	__u64 table;

	if (!s)
		return 0;
	c = &s->callers[n % PHRUDE_FRAMES_MAX];
	f = (void *)&s->data[c->at & (PHRUDE_EVENT_MAX - 8)];
	table = f->linetable;
	f->signature = c->signature;
	if (!f->signature)
		f->signature = table_signature(slot, table, f->firstlineno);
	f->linetable = table_id(table, f->firstlineno);
	send_table(slot, table, f->signature, f->linetable);
	s->at_frame = c->frame;
	s->at_code = c->code;
	s->at_names = c->names;
	return 0;
}

__noinline int finish_stack(__u32 slot, __u32 from, __u32 to)
{
	if (to > PHRUDE_FRAMES_MAX)
		to = PHRUDE_FRAMES_MAX;
	for (__u32 i = 0; i < PHRUDE_FRAMES_MAX; i++) {
		if (from + i >= to)
			break;
		finish_caller(slot, from + i);
		request_frame(slot);
	}
	return 0;
}
