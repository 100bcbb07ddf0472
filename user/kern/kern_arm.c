// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "kern/kern_priv.h"

struct kern_arm {
	struct ring_buffer *ring;
	struct arm_slot *slots;
	kern_arm_fn fn;
	void *ctx;
};

#define SLOTS_SZ (PHRUDE_ARM_SLOTS * sizeof(struct arm_slot))

static int on_request(void *ctx, void *data, size_t size)
{
	struct kern_arm *ka = ctx;
	struct arm_request rq;

	if (size < sizeof(rq))
		return 0;
	memcpy(&rq, data, sizeof(rq));
	if (rq.slot < PHRUDE_ARM_SLOTS)
		ka->fn(ka->ctx, &rq);
	return 0;
}

int kern_arm_open(struct kern *k, kern_arm_fn fn, void *ctx, struct kern_arm **out, struct err *err)
{
	struct kern_arm *ka = calloc(1, sizeof(*ka));
	void *slots;

	if (!ka)
		return err_set(err, -ENOMEM, "out of memory");
	ka->fn = fn;
	ka->ctx = ctx;
	slots = mmap(NULL, SLOTS_SZ, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(k->skel->maps.arm_slots), 0);
	if (slots != MAP_FAILED) {
		ka->slots = slots;
		ka->ring = ring_buffer__new(bpf_map__fd(k->skel->maps.arm_requests), on_request, ka,
					    NULL);
	}
	if (!ka->ring) {
		int ret = -errno;

		kern_arm_close(ka);
		return err_set(err, ret,
			       "cannot map what requests of held threads come through: %s",
			       strerror(-ret));
	}
	*out = ka;
	return 0;
}

void kern_arm_close(struct kern_arm *ka)
{
	if (!ka)
		return;
	ring_buffer__free(ka->ring);
	if (ka->slots)
		munmap(ka->slots, SLOTS_SZ);
	free(ka);
}

int kern_arm_poll(struct kern_arm *ka, int timeout_ms)
{
	return ring_buffer__poll(ka->ring, timeout_ms);
}

static bool move_on(struct kern_arm *ka, const struct arm_request *rq, unsigned int from,
		    unsigned int to)
{
	__u64 expected = arm_state(rq->token, from);

	return __atomic_compare_exchange_n(&ka->slots[rq->slot].state, &expected,
					   arm_state(rq->token, to), false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

bool kern_arm_take(struct kern_arm *ka, const struct arm_request *rq)
{
	return move_on(ka, rq, ARM_ASKED, ARM_TAKEN);
}

void kern_arm_done(struct kern_arm *ka, const struct arm_request *rq)
{
	move_on(ka, rq, ARM_TAKEN, ARM_DONE);
}

void kern_arm_failed(struct kern_arm *ka, const struct arm_request *rq)
{
	move_on(ka, rq, ARM_TAKEN, ARM_GIVEN_UP);
}

const uint64_t *kern_arm_state(const struct kern_arm *ka, const struct arm_request *rq,
			       uint64_t *taken)
{
	*taken = arm_state(rq->token, ARM_TAKEN);
	return (const uint64_t *)&ka->slots[rq->slot].state;
}

void kern_arm_pages(const struct kern_arm *ka, const struct arm_request *rq,
		    uint64_t pages[PHRUDE_FETCH_MAX])
{
	for (int i = 0; i < PHRUDE_FETCH_MAX; i++)
		pages[i] = ka->slots[rq->slot].pages[i];
}

void kern_arm_fetched(struct kern_arm *ka, const struct arm_request *rq, enum fetch_outcome outcome)
{
	ka->slots[rq->slot].outcome = outcome;
	kern_arm_done(ka, rq);
}

int kern_arm_set_pending(struct kern *k, pid_t pid, uint32_t left)
{
	__u32 key = pid, value = left;

	if (left)
		return bpf_map__update_elem(k->skel->maps.arm_pending, &key, sizeof(key), &value,
					    sizeof(value), BPF_ANY);
	return bpf_map__delete_elem(k->skel->maps.arm_pending, &key, sizeof(key), 0);
}

bool kern_arm_is_pending(const struct kern *k, pid_t pid)
{
	__u32 key = pid, value;

	return !bpf_map__lookup_elem(k->skel->maps.arm_pending, &key, sizeof(key), &value,
				     sizeof(value), 0);
}
