// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"
#include "counters/counters.h"
#include "elf/elf_file.h"
#include "engine/engine_priv.h"

void engine_count(struct engine *e, uint64_t values[NR_COUNTERS])
{
	kern_stats(e->kern, values);
	intake_count(e->intake, values);
	values[COUNTER_unwritten] = sinks_lost(e->sinks);
	values[COUNTER_spool_dropped] = sinks_spooled(e->sinks).dropped;
	values[COUNTER_spooled] = sinks_spooled(e->sinks).left;
	values[COUNTER_refused] = sinks_refused(e->sinks);
	values[COUNTER_starts_late] = e->launch ? launch_late(e->launch) : 0;
	values[COUNTER_files_cut] = elf_files_too_large();
	targets_count(e->targets, values);
}

void engine_say_summary(struct engine *e)
{
	uint64_t values[NR_COUNTERS] = { 0 };
	_cleanup_buf_ struct buf line = { 0 };

	engine_count(e, values);
	counters_summary(&line, values);
	log_info("summary: %s", line.data ?: "out of memory");
}
