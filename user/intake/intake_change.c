// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outputs, what takes secrets out of alerts, and their rate change together, between two records:
 * no alert is made by one half of a configuration and goes where the other one says.
 */
#include "base/event_fd.h"
#include "base/util.h"
#include "intake/intake_priv.h"

void intake_change_fini(struct intake_change *change)
{
	sinks_change_free(TAKE_PTR(change->outputs));
	redact_free(TAKE_PTR(change->redact));
}

void intake_change(struct intake *in, struct intake_change *change)
{
	in->change = *change;
	*change = (struct intake_change){ 0 };
	atomic_store(&in->turn, INTAKE_GIVEN);
	event_fd_tell(in->wake_fd);
}

void intake_take_change(struct intake *in)
{
	struct intake_change *c = &in->change;

	if (atomic_load(&in->turn) != INTAKE_GIVEN)
		return;
	sinks_change(in->config.sinks, c->outputs);
	c->redact = pipeline_change(&in->pipeline, c->redact, &c->rate);
	atomic_store(&in->turn, INTAKE_TAKEN);
}

/* What is in force is the thread's own until its turn is over. */
bool intake_is_changing(struct intake *in)
{
	struct redact *former = in->config.redact;

	if (atomic_load(&in->turn) == INTAKE_TAKEN) {
		/* It is not used any more, and has counted all that it ever will. */
		in->past_redacted += former ? redact_count(former) : 0;
		in->past_unread += former ? redact_count_unread(former) : 0;
		in->config.redact = in->pipeline.redact;
		intake_change_fini(&in->change);
		atomic_store(&in->turn, INTAKE_NOTHING);
	}
	return atomic_load(&in->turn) != INTAKE_NOTHING;
}

void intake_count_redacted(const struct intake *in, uint64_t values[NR_COUNTERS])
{
	const struct redact *all[] = {
		in->config.redact,
		atomic_load(&in->turn) == INTAKE_TAKEN ? in->pipeline.redact : NULL,
	};

	values[COUNTER_redacted] = in->past_redacted;
	values[COUNTER_redacted_unread] = in->past_unread;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		values[COUNTER_redacted] += all[i] ? redact_count(all[i]) : 0;
		values[COUNTER_redacted_unread] += all[i] ? redact_count_unread(all[i]) : 0;
	}
}
