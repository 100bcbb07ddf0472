// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "counters/counters.h"
#include "elf/elf_file.h"
#include "report/report_priv.h"

int report_new(const struct report_config *config, struct policy *policy, struct report **out,
	       struct err *err)
{
	_cleanup_(report_freep) struct report *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->config = *config;
	r->policy = policy_ref(policy);
	notify_open(&r->notifier);
	ret = report_start_public(r, err);
	if (ret)
		return ret;
	*out = TAKE_PTR(r);
	return 0;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	report_stop_public(r);
	notify_close(&r->notifier);
	policy_unref(r->policy);
	free(r);
}

int report_watch(struct report *r, const struct report_parts *parts, struct err *err)
{
	r->parts = *parts;
	return report_watch_service(r, err);
}

void report_launched(struct report *r, struct launch *launch)
{
	r->parts.launch = launch;
}

void report_tick(struct report *r)
{
	report_publish(r, true);
}

int report_count(struct report *r, uint64_t values[NR_COUNTERS])
{
	const struct report_parts *p = &r->parts;
	struct sinks_totals outputs = sinks_totals(r->config.sinks);
	int ret = kern_stats(p->kern, values);

	intake_count(p->intake, values);
	values[COUNTER_unwritten] = outputs.lost;
	values[COUNTER_spool_dropped] = outputs.spool_dropped;
	values[COUNTER_spooled] = outputs.spooled;
	values[COUNTER_refused] = outputs.refused;
	values[COUNTER_not_rotated] = outputs.not_rotated;
	values[COUNTER_starts_late] = p->launch ? launch_late(p->launch) : 0;
	values[COUNTER_files_cut] = elf_files_too_large();
	targets_count(p->targets, values);
	return ret;
}

void report_summary(struct report *r)
{
	uint64_t values[NR_COUNTERS] = { 0 };
	_cleanup_buf_ struct buf line = { 0 };

	report_count(r, values);
	counters_summary(&line, values);
	log_info("summary: %s", line.data ?: "out of memory");
}
