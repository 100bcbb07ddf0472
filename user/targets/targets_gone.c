// SPDX-License-Identifier: GPL-2.0-only
/* Which targets of a configuration have no process any more. */
#include <stdlib.h>

#include "targets/targets_priv.h"

bool targets_one_is_gone(struct targets *t)
{
	const struct selection *s = &t->policy->selection;
	bool *now = calloc(s->nr_targets + 1, sizeof(*now)), gone = false;

	if (!now)
		return false;
	processes_for_each(p, &t->processes) {
		/* Those that still go by a former policy are of that one's. */
		if (p->selected && p->selected_by == t->policy)
			now[p->selected - s->targets] = true;
	}
	for (size_t i = 0; t->had && t->had_in == t->reloads && i < s->nr_targets; i++)
		gone |= t->had[i] && !now[i];
	free(t->had);
	t->had = now;
	t->had_in = t->reloads;
	return gone;
}
