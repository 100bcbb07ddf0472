// SPDX-License-Identifier: GPL-2.0-only
#include "guard/trap_price.h"

#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include "attach/uprobe.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"

#define USUAL_NS 1500
/* The least of some rounds: what else the machine does makes it more, and nothing makes it less. */
#define ROUNDS 10
#define CALLS 100

/*
 * A nop, which the kernel emulates: so it does with nearly all places that probes are put on
 * (py_site.emulated).
 */
extern const char trap_price_site[]; /* in priced() */

static __attribute__((noinline, noclone)) void priced(void)
{
	__asm__ volatile("trap_price_site:\n"
			 "	nop" ::
				 : "memory");
}

/* Finds the place in the program's file. */
static int find_offset(struct dl_phdr_info *info, size_t size, void *ctx)
{
	uint64_t *offset = ctx, at = (uint64_t)(uintptr_t)trap_price_site - info->dlpi_addr;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || at < p->p_vaddr || at - p->p_vaddr >= p->p_filesz)
			continue;
		*offset = at - p->p_vaddr + p->p_offset;
		return 1;
	}
	return 0;
}

static int64_t time_calls(void)
{
	int64_t began = clock_now_ns();

	for (int i = 0; i < CALLS; i++)
		priced();
	return clock_now_ns() - began;
}

uint64_t trap_price(struct kern *kern)
{
	struct py_site site = { .what = "the price of a trap", .emulated = true };
	_cleanup_(uprobes_freep) struct uprobes *probes = NULL;
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int64_t least = INT64_MAX;
	struct err err;

	if (fd < 0 || !dl_iterate_phdr(find_offset, &site.offset)) {
		log_debug("what a trap costs is not measured: the program's file is not found");
		return USUAL_NS;
	}
	if (uprobes_open(kern, kern_start_program(kern), getpid(), (struct probed_file){ fd, NULL },
			 &site, 1, &probes, &err)) {
		log_debug("what a trap costs is not measured: %s", err.msg);
		return USUAL_NS;
	}
	for (int i = 0; i < ROUNDS; i++)
		least = MIN(least, time_calls());
	log_debug("a trap costs %lld ns", (long long)least / CALLS);
	return (uint64_t)(least / CALLS);
}
