// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-console report` */
#include <errno.h>
#include <stdio.h>

#include "console/console.h"
#include "console/db.h"
#include "console/report.h"
#include "console/store.h"
#include "console/when.h"

int cmd_report(const struct options *o, struct err *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct arena arena = { 0 };
	struct report report;
	struct db *db;
	int64_t now = when_now();
	int res = options_store(o, &store, err);

	if (!res)
		res = store_reader(store, &db, err);
	if (res)
		return res;
	res = report_read(db, &arena, now - o->since, now, &report, err);
	store_reader_done(store, db);
	if (!res) {
		o->report(&out, &report);
		if (out.data && out.data[out.len - 1] != '\n')
			buf_addc(&out, '\n');
	}
	arena_fini(&arena);
	if (res)
		return res;
	if (out.failed || fputs(out.data, stdout) < 0 || fflush(stdout))
		return err_set(err, -EIO, "the report cannot be written");
	return 0;
}
