// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel side and this one share for threads that are held, see bpf/hold.bpf.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "kern/kern_priv.h"

#define SLOTS_SZ (HOLD_SLOTS * sizeof(struct hold_slot))

int kern_hold_map(struct kern *k)
{
	void *slots = mmap(NULL, SLOTS_SZ, PROT_READ | PROT_WRITE, MAP_SHARED,
			   bpf_map__fd(k->skel->maps.holds), 0);

	if (slots == MAP_FAILED)
		return -errno;
	k->holds.slots = slots;
	return 0;
}

void kern_hold_unmap(struct kern *k)
{
	if (k->holds.slots)
		munmap(k->holds.slots, SLOTS_SZ);
	k->holds.slots = NULL;
}

struct holds *kern_holds(struct kern *k)
{
	return &k->holds;
}

struct kern_requests {
	struct ring_buffer *ring;
	kern_request_fn fn;
	void *ctx;
};

static int on_request(void *ctx, void *data, size_t size)
{
	struct kern_requests *r = ctx;
	struct ev_hold asked;

	if (size < sizeof(asked))
		return 0;
	memcpy(&asked, data, sizeof(asked));
	r->fn(r->ctx, &asked);
	return 0;
}

int kern_requests_open(struct kern *k, kern_request_fn fn, void *ctx, struct kern_requests **out,
		       struct err *err)
{
	struct kern_requests *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->fn = fn;
	r->ctx = ctx;
	r->ring = ring_buffer__new(bpf_map__fd(k->skel->maps.hold_requests), on_request, r, NULL);
	if (!r->ring) {
		int ret = -errno;

		kern_requests_close(r);
		return err_set(err, ret,
			       "cannot map what requests of held threads come through: %s",
			       strerror(-ret));
	}
	*out = r;
	return 0;
}

void kern_requests_close(struct kern_requests *r)
{
	if (!r)
		return;
	ring_buffer__free(r->ring);
	free(r);
}

int kern_requests_poll(struct kern_requests *r, int timeout_ms)
{
	return ring_buffer__poll(r->ring, timeout_ms);
}
