// SPDX-License-Identifier: GPL-2.0-only
#include "console/state.h"

#include <errno.h>

#include "base/util.h"
#include "console/db.h"
#include "console/when.h"

static const char *const names[NR_STATES] = { "new", "seen", "false-alarm", "incident" };

const char *state_name(enum state state)
{
	return state < NR_STATES ? names[state] : names[STATE_NEW];
}

int state_parse(struct text name, enum state *out)
{
	for (enum state s = 0; s < NR_STATES; s++) {
		if (text_eq_str(name, names[s])) {
			*out = s;
			return 0;
		}
	}
	return -EINVAL;
}

struct place {
	int64_t seq, group, state;
};

static int find_alert(struct db *db, struct text id, struct place *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row, "SELECT seq, grp, state FROM alerts WHERE id = ?", "t", id);

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	if (!res)
		return err_set(err, -ENOENT, "no alert has such an id");
	*out = (struct place){ db_number(row, 0), db_number(row, 1), db_number(row, 2) };
	return 0;
}

int state_set(struct db *db, struct text id, enum state state, bool equal, const char *who,
	      struct text note, int64_t *changed, struct err *err)
{
	struct place p = { 0 };
	int64_t res = find_alert(db, id, &p, err), others = 0;

	if (res)
		return res;
	if (equal)
		others = db_do(db, err,
			       "UPDATE alerts SET state = ? WHERE grp = ? AND (state + 0) = ? AND "
			       "seq <> ?",
			       "iiii", (int64_t)state, p.group, p.state, p.seq);
	if (others < 0)
		return others;
	res = db_do(db, err, "UPDATE alerts SET state = ? WHERE seq = ?", "ii", (int64_t)state,
		    p.seq);
	if (res >= 0)
		res = db_do(
			db, err,
			"INSERT INTO notes (alert, time, who, state, text) VALUES (?, ?, ?, ?, ?)",
			"iisit", p.seq, when_now(), who, (int64_t)state, note);
	*changed = others + 1;
	return res < 0 ? res : 0;
}

static void put_note(struct buf *out, struct db_rows *row)
{
	struct text note = db_text(row, 3);

	buf_adds(out, "{\"time\":\"");
	when_put(out, db_number(row, 0));
	buf_adds(out, "\",\"who\":");
	text_json(out, db_text(row, 1));
	buf_printf(out, ",\"state\":\"%s\",\"text\":", state_name(db_number(row, 2)));
	text_json(out, note.s ? note : TEXT(""));
	buf_addc(out, '}');
}

static int put_state(struct db *db, int64_t seq, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row, "SELECT state FROM alerts WHERE seq = ?", "i", seq);

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	buf_printf(out, ",\"state\":\"%s\"", state_name(db_number(row, 0)));
	return 0;
}

int state_put(struct db *db, int64_t seq, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	const char *separator = "";
	int res = put_state(db, seq, out, err);

	if (!res)
		res = db_ask(
			db, err, &rows,
			"SELECT time, who, state, text FROM notes WHERE alert = ? ORDER BY seq DESC"
			" LIMIT ?",
			"ii", seq, (int64_t)STATE_NOTES_SHOWN);
	buf_adds(out, ",\"notes\":[");
	while (!res && (res = db_row(db, err, rows)) > 0) {
		buf_adds(out, separator);
		put_note(out, rows);
		separator = ",";
		res = 0;
	}
	buf_addc(out, ']');
	return res;
}
