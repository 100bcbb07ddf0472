// SPDX-License-Identifier: GPL-2.0-only
#include "console/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "console/access.h"
#include "console/db.h"
#include "console/field.h"
#include "console/schedule.h"
#include "console/secret.h"
#include "console/store.h"
#include "console/when.h"

/* They stand in stores. */
enum { OWED, TAKEN, SENT, GIVEN_UP, NR_STATES_OF_REPORTS };
/* What was sent is remembered for so many periods. */
#define REMEMBERED 200
/* Bytes of an error that are kept. */
#define ERROR_MAX 300

const char *outbox_way_name(enum outbox_way way)
{
	return way == OUTBOX_MAIL ? "mail" : "webhook";
}

/* The end of the latest that is noted; 0: there is none. */
static int read_latest(struct db *db, enum outbox_way way, int64_t span, int64_t *out,
		       struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row,
			 "SELECT coalesce(max(until), 0) FROM reports WHERE way = ? AND span = ?",
			 "ii", (int64_t)way, span);

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	*out = db_number(row, 0);
	return 0;
}

/* Another console may have been quicker. */
static int note_one(struct db *db, enum outbox_way way, int64_t span, int64_t until, int64_t state,
		    struct err *err)
{
	char id[TOKEN_SIZE];
	int64_t res;

	token_make(id);
	id[sizeof(((struct outbox_item *)0)->id) - 1] = '\0';
	res = db_do(db, err,
		    "INSERT INTO reports (way, span, until, id, state, tries, due)"
		    " VALUES (?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING",
		    "iiisi", (int64_t)way, span, until, id, state);
	return res < 0 ? res : 0;
}

static int note_owed(struct db *db, enum outbox_way way, int64_t span, int64_t now, int64_t *missed,
		     struct err *err)
{
	int64_t last = schedule_last(span, now), latest = 0, next;
	int64_t res = read_latest(db, way, span, &latest, err);

	*missed = 0;
	if (res)
		return res;
	/* What was before the first start is owed to nobody. */
	if (!latest)
		return note_one(db, way, span, last, SENT, err);
	next = schedule_next(span, latest, now);
	*missed = next <= last ? (next - latest) / span - 1 : 0;
	for (; next <= last && !res; next += span)
		res = note_one(db, way, span, next, OWED, err);
	if (!res)
		res = db_do(db, err,
			    "DELETE FROM reports WHERE way = ? AND span = ? AND until < ? AND "
			    "state > 1",
			    "iii", (int64_t)way, span, last - REMEMBERED * span);
	return res < 0 ? res : 0;
}

/*
 * Whoever waits for the row of another looks at it again when it gets it: so the conditions stand
 * there twice.
 */
static int take_one(struct db *db, int64_t now, struct outbox_item *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	struct text id;
	int res = db_ask(
		db, err, &row,
		"UPDATE reports SET state = 1, tries = tries + 1, due = ? WHERE way = ? AND"
		" span = ? AND state < 2 AND due <= ? AND until = (SELECT until FROM reports"
		" WHERE way = ? AND span = ? AND state < 2 AND due <= ? ORDER BY until LIMIT 1)"
		" RETURNING until, tries, id",
		"iiiiiii", now + OUTBOX_LEASE, (int64_t)out->way, out->span, now, (int64_t)out->way,
		out->span, now);

	if (!res)
		res = db_row(db, err, row);
	if (res <= 0)
		return res;
	out->until = db_number(row, 0);
	out->tries = db_number(row, 1);
	id = db_text(row, 2);
	snprintf(out->id, sizeof(out->id), "%.*s", (int)id.len, id.s);
	return 1;
}

int outbox_take(struct store *store, enum outbox_way way, int64_t span, int64_t now,
		struct outbox_item *out, int64_t *missed, struct err *err)
{
	struct db *db;
	int res = store_begin(store, &db, err), taken = 0, end;

	if (res)
		return res;
	*out = (struct outbox_item){ .way = way, .span = span };
	res = note_owed(db, way, span, now, missed, err);
	if (!res)
		taken = take_one(db, now, out, err);
	if (res || taken < 0) {
		store_rollback(store);
		return res ?: taken;
	}
	end = store_commit(store, err);
	return end ?: taken;
}

/* An error may have what the other end answered: any bytes. */
static void put_error(struct buf *out, const char *error)
{
	text_terminal(out, (struct text){ error, strnlen(error, ERROR_MAX) });
}

static int write_end(struct db *db, const struct outbox_item *item, const char *error,
		     int64_t state, int64_t due, struct err *err)
{
	_cleanup_buf_ struct buf said = { 0 }, detail = { 0 };
	int64_t res;

	if (error)
		put_error(&said, error);
	buf_printf(&detail, "by %s: %s", outbox_way_name(item->way), said.data ?: "sent");
	if (said.failed || detail.failed)
		return err_set(err, -ENOMEM, "out of memory");
	res = db_do(db, err,
		    "UPDATE reports SET state = ?, due = ?, error = ? WHERE way = ? AND"
		    " span = ? AND until = ?",
		    "iisiii", state, due, said.data, (int64_t)item->way, item->span, item->until);
	if (res < 0 || state == OWED)
		return res < 0 ? res : 0;
	return access_note(db, "phrude-console", NULL, "report", detail.data, err);
}

int outbox_done(struct store *store, const struct outbox_item *item, const char *error, int64_t now,
		int64_t pause, int64_t *again, struct err *err)
{
	int64_t state = !error ? SENT : item->tries < SCHEDULE_TRIES_MAX ? OWED : GIVEN_UP;
	struct db *db;
	int res = store_begin(store, &db, err);

	*again = state == OWED ? now + pause + schedule_pause(item->tries) : 0;
	if (res)
		return res;
	/* What is over is due no more: since when stands there. */
	res = write_end(db, item, error, state, *again ?: now, err);
	if (!res)
		return store_commit(store, err);
	store_rollback(store);
	return res;
}

#define COLUMNS "way, span, until, state, tries, due, error"

static void put_one(struct buf *out, struct db_rows *row)
{
	static const char *const states[NR_STATES_OF_REPORTS] = { "owed", "being sent", "sent",
								  "given up" };
	int64_t state = db_number(row, 3);
	struct text error = db_text(row, 6);

	buf_printf(out, "{\"way\":\"%s\",", outbox_way_name(db_number(row, 0)));
	field_time(out, "since", db_number(row, 2) - db_number(row, 1));
	field_time(out, "until", db_number(row, 2));
	buf_printf(out, "\"state\":\"%s\",\"tries\":%lld,",
		   state >= 0 && state < NR_STATES_OF_REPORTS ? states[state] : "",
		   (long long)db_number(row, 4));
	field_time(out, "next", state == OWED ? db_number(row, 5) : 0);
	field_time(out, "ended", state == SENT || state == GIVEN_UP ? db_number(row, 5) : 0);
	buf_adds(out, "\"error\":");
	if (error.s)
		text_json(out, error);
	else
		buf_adds(out, "null");
	buf_addc(out, '}');
}

int outbox_put(struct db *db, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	const char *separator = "";
	int res = db_ask(db, err, &rows,
			 "SELECT " COLUMNS " FROM reports"
			 " WHERE tries > 0 OR state < 2 ORDER BY until DESC, way LIMIT ?",
			 "i", (int64_t)OUTBOX_SHOWN);

	buf_addc(out, '[');
	while (!res && (res = db_row(db, err, rows)) > 0) {
		buf_adds(out, separator);
		put_one(out, rows);
		separator = ",";
		res = 0;
	}
	buf_addc(out, ']');
	return res;
}

int outbox_put_latest(struct db *db, enum outbox_way way, int64_t span, bool sent, struct buf *out,
		      struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row,
			 "SELECT " COLUMNS " FROM reports WHERE way = ? AND span = ? AND tries > 0"
			 " AND state >= ? AND state <= ? ORDER BY until DESC LIMIT 1",
			 "iiii", (int64_t)way, span, (int64_t)(sent ? SENT : OWED),
			 (int64_t)(sent ? SENT : GIVEN_UP));

	if (!res)
		res = db_row(db, err, row);
	if (res > 0)
		put_one(out, row);
	else
		buf_adds(out, "null");
	return MIN(res, 0);
}
