// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-console transitions learn` */
#include <string.h>

#include "console/console.h"
#include "console/db.h"
#include "console/transitions.h"
#include "console/when.h"

static int put_learned(struct db *db, const struct options *o, struct buf *out, struct err *err)
{
	struct text app = { o->app ?: "", strlen(o->app ?: "") };

	return transitions_learn(db, app, when_now() - o->since, out, err);
}

int cmd_transitions_learn(const struct options *o, struct err *err)
{
	return print_of_store(o, put_learned, err);
}
