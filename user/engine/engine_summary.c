// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"
#include "elf/elf_file.h"
#include "engine/engine_priv.h"

/* What others have counted for us. */
static void gather(struct engine *e)
{
	e->alerts = e->pipeline.alerts;
	e->lines_unknown = e->pipeline.lines_unknown;
	e->unwritten = sinks_lost(e->sinks);
	e->starts_late = e->launch ? launch_late(e->launch) : 0;
	e->files_cut = elf_files_too_large();
	armer_losses(e->armer, &e->arms_given_up, &e->arms_late, &e->arms_cut);
}

void engine_say_summary(struct engine *e)
{
	uint64_t values[NR_COUNTERS] = { 0 };
	_cleanup_buf_ struct buf line = { 0 };

	gather(e);
	kern_stats(e->kern, values);
#define X(field, key, class, help) values[COUNTER_##field] = e->field;
	ENGINE_COUNTERS(X)
#undef X
	counters_summary(&line, values);
	log_info("summary: %s", line.data ?: "out of memory");
}
