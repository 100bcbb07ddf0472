// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "elf/elf_file.h"
#include "engine/engine_priv.h"

enum stat_class { stat_count, stat_lost, stat_cut };

static const struct {
	const char *key;
	enum stat_class class;
} stat_info[NR_PHRUDE_STATS] = {
#define X(name, key, class, help) { key, stat_##class },
	PHRUDE_STATS(X)
#undef X
};

void engine_say_summary(struct engine *e)
{
	uint64_t stats[NR_PHRUDE_STATS] = { 0 }, unwritten = sinks_lost(e->sinks);
	uint64_t lost = e->malformed + unwritten;
	uint64_t arms_given_up, arms_late, arms_cut;
	_cleanup_buf_ struct buf more = { 0 };

	kern_stats(e->kern, stats);
	if (stats[PHRUDE_STAT_DISMISSED])
		buf_printf(&more, ", %s %llu", stat_info[PHRUDE_STAT_DISMISSED].key,
			   (unsigned long long)stats[PHRUDE_STAT_DISMISSED]);
	for (size_t i = 0; i < NR_PHRUDE_STATS; i++) {
		if (stat_info[i].class == stat_lost)
			lost += stats[i];
		if (stat_info[i].class != stat_count && stats[i])
			buf_printf(&more, ", %s %llu", stat_info[i].key,
				   (unsigned long long)stats[i]);
	}
	if (e->malformed)
		buf_printf(&more, ", lost_malformed %llu", (unsigned long long)e->malformed);
	if (unwritten)
		buf_printf(&more, ", lost_unwritten %llu", (unsigned long long)unwritten);
	if (e->imports_late)
		buf_printf(&more, ", imports_late %llu", (unsigned long long)e->imports_late);
	if (e->forks_late)
		buf_printf(&more, ", forks_late %llu", (unsigned long long)e->forks_late);
	if (e->programs_unseen)
		buf_printf(&more, ", programs_unseen %llu", (unsigned long long)e->programs_unseen);
	if (e->launch && launch_late(e->launch))
		buf_printf(&more, ", starts_late %llu", (unsigned long long)launch_late(e->launch));
	if (e->places_refused)
		buf_printf(&more, ", places_refused %llu", (unsigned long long)e->places_refused);
	if (e->looks_given_up)
		buf_printf(&more, ", looks_given_up %llu", (unsigned long long)e->looks_given_up);
	if (e->looks_put_off)
		buf_printf(&more, ", looks_put_off %llu", (unsigned long long)e->looks_put_off);
	armer_losses(e->armer, &arms_given_up, &arms_late, &arms_cut);
	if (arms_given_up)
		buf_printf(&more, ", arms_given_up %llu", (unsigned long long)arms_given_up);
	if (arms_cut)
		buf_printf(&more, ", arms_cut %llu", (unsigned long long)arms_cut);
	if (elf_files_too_large())
		buf_printf(&more, ", files_cut %llu", (unsigned long long)elf_files_too_large());
	if (arms_late)
		buf_printf(&more, ", arms_late %llu", (unsigned long long)arms_late);
	if (e->pipeline.lines_unknown)
		buf_printf(&more, ", lines_unknown %llu", (unsigned long long)e->pipeline.lines_unknown);
	log_info("summary: hits %llu, matches %llu, alerts %llu, lost %llu%s",
		 (unsigned long long)stats[PHRUDE_STAT_HITS],
		 (unsigned long long)stats[PHRUDE_STAT_MATCHES], (unsigned long long)e->pipeline.alerts,
		 (unsigned long long)lost, more.data ? more.data : "");
}
