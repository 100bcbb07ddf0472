// SPDX-License-Identifier: GPL-2.0-only
/* Saying what an alert is. */
#include <errno.h>
#include <stdio.h>

#include "console/api.h"
#include "console/db.h"
#include "console/filter.h"
#include "console/json.h"
#include "console/record.h"
#include "console/state.h"
#include "console/store.h"

struct saying {
	struct text id, note;
	enum state state;
	bool equal; /* of all like it */
};

static int read_saying(struct request *rq, struct saying *out, struct err *err)
{
	struct json *body;
	const struct json *equal;
	int res = request_json(rq, &body, err);

	if (res)
		return res;
	if (filter_decode(&rq->arena, request_rest(rq), &out->id) || !record_id_is_valid(out->id))
		return err_set(err, -ENOENT, "no alert has such an id");
	if (state_parse(json_text_at(&rq->arena, body, "state"), &out->state))
		return err_set(err, -EINVAL, "state takes new, seen, false-alarm or incident");
	out->note = json_text_at(&rq->arena, body, "note");
	if (out->note.len > STATE_NOTE_MAX)
		return err_set(err, -EINVAL, "a note has %d bytes at the most", STATE_NOTE_MAX);
	equal = json_at(body, "equal");
	out->equal = equal && equal->type == JSON_TRUE;
	return 0;
}

static int say_state(struct request *rq, struct db *db, const struct saying *s, int64_t *changed,
		     struct err *err)
{
	char detail[RECORD_ID_MAX + 64];
	int res = state_set(db, s->id, s->state, s->equal, rq->session.user, s->note, changed, err);

	if (res)
		return res;
	snprintf(detail, sizeof(detail), "%s: %.*s and %lld equal ones", state_name(s->state),
		 (int)s->id.len, s->id.s, (long long)*changed - 1);
	return access_note(db, rq->session.user, rq->addr, "said what an alert is", detail, err);
}

int api_state(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	struct saying saying = { 0 };
	int64_t changed;
	struct db *db;
	int res = read_saying(rq, &saying, err);

	if (!res)
		res = store_begin(store, &db, err);
	if (res)
		return res;
	res = say_state(rq, db, &saying, &changed, err);
	if (!res)
		res = store_commit(store, err);
	else
		store_rollback(store);
	if (res)
		return res;
	reply_json(rp, 200);
	buf_printf(&rp->body, "{\"changed\":%lld}", (long long)changed);
	return 0;
}
