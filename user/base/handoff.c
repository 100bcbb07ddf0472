// SPDX-License-Identifier: GPL-2.0-only
#include "base/handoff.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * What is waited for takes a few microseconds most times: to sleep and be woken takes longer, on a
 * virtual machine as long as this.
 */
#define SPIN_NS 100000

void handoff_pass(struct handoff *h, unsigned int value)
{
	atomic_store(&h->cpu, sched_getcpu() + 1);
	atomic_store(&h->count, value);
	if (atomic_load(&h->sleeps))
		syscall(SYS_futex, &h->count, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Who spins on the other side's processor keeps it from that. */
static bool is_in_the_way(struct handoff *h)
{
	return atomic_load(&h->cpu) == sched_getcpu() + 1;
}

bool handoff_comes_soon(struct handoff *h, unsigned int value)
{
	int64_t until = clock_now_ns() + SPIN_NS;

	do {
		for (int i = 0; i < 32; i++) {
			if (atomic_load(&h->count) != value)
				return true;
			__builtin_ia32_pause();
		}
	} while (!is_in_the_way(h) && clock_now_ns() < until);
	return false;
}

void handoff_sleep(struct handoff *h, unsigned int value, const struct timespec *timeout)
{
	atomic_store(&h->sleeps, 1);
	syscall(SYS_futex, &h->count, FUTEX_WAIT, value, timeout, NULL, 0);
	atomic_store(&h->sleeps, 0);
}
