// SPDX-License-Identifier: GPL-2.0-only
/* Which page may follow which, and how far that was looked after. */
#include "console/api.h"
#include "console/db.h"
#include "console/store.h"
#include "console/transitions_watch.h"

int api_transitions(struct request *rq, struct reply *rp, struct err *err)
{
	struct console *console = rq->console;
	struct db *db;
	int res = api_read_begin(rq, rp, &db, err);

	if (res)
		return res;
	buf_adds(&rp->body, "{\"rule\":\"" TRANSITIONS_RULE "\",\"allowed\":");
	transitions_put(&rp->body, console->transitions);
	buf_adds(&rp->body, ",\"watch\":");
	if (console->transitions_watch)
		res = transitions_watch_put(console->transitions_watch, db, &rp->body, err);
	else
		buf_adds(&rp->body, "null");
	buf_addc(&rp->body, '}');
	store_reader_done(console->store, db);
	return res;
}
