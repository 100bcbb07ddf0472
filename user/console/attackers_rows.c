// SPDX-License-Identifier: GPL-2.0-only
#include "console/attackers_priv.h"

#include <errno.h>

#include "base/util.h"
#include "console/db.h"

#define TIMES_8(row) row "," row "," row "," row "," row "," row "," row "," row
_Static_assert(ATTACKER_ROWS == 8, "statements have a place for each row");

/* Places that are left have the kind -1. */
#define TAKEN 5
static const char take[] =
	"INSERT INTO attackers (kind, who, addr, first, last, listed, expires, score, points,"
	" infos, warns, alerts, hits, apps)"
	" SELECT column1, column2, column3, column4, column5, 0, 0, 0, 0, 0, 0, 0, '', ''"
	" FROM (VALUES " TIMES_8(
		"(?,?,?,?,?)") ") AS v WHERE column1 >= 0"
			       " ON CONFLICT (kind, who) DO UPDATE SET addr = excluded.addr"
			       " RETURNING who, first, last, listed, expires, points, infos, "
			       "warns, alerts, hits, apps";

#define WRITTEN 14
static const char change[] =
	"INSERT INTO attackers (kind, who, addr, first, last, listed, expires, score, points,"
	" infos, warns, alerts, hits, apps)"
	" SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9,"
	" column10, column11, column12, column13, column14"
	" FROM (VALUES " TIMES_8(
		"(?,?,?,?,?,?,?,?,?,?,?,?,?,?)") ") AS v WHERE column1 >= 0"
						 " ON CONFLICT (kind, who) DO UPDATE SET first = "
						 "excluded.first, last = excluded.last,"
						 " listed = excluded.listed, expires = "
						 "excluded.expires, score = excluded.score,"
						 " points = excluded.points, infos = "
						 "excluded.infos, warns = excluded.warns,"
						 " alerts = excluded.alerts, hits = excluded.hits, "
						 "apps = excluded.apps";

static struct db_value number_of(int64_t n)
{
	return (struct db_value){ .number = n };
}

static struct db_value text_of(struct text t)
{
	return (struct db_value){ .is_text = true, .text = { t.s ?: "", t.len } };
}

static struct attacker *find(struct attacker *rows, size_t nr, struct text who)
{
	for (size_t i = 0; i < nr; i++) {
		if (text_eq(rows[i].attacks->who, who))
			return &rows[i];
	}
	return NULL;
}

static void read_row(struct db_rows *row, struct attacker *out)
{
	struct text apps = db_text(row, 10);

	out->first = db_number(row, 1);
	out->last = db_number(row, 2);
	out->listed = db_number(row, 3);
	out->expires = db_number(row, 4);
	out->points = db_number(row, 5);
	for (size_t i = 0; i < NR_RECORD_LEVELS; i++)
		out->levels[i] = db_number(row, 6 + i);
	score_read(db_text(row, 9), &out->window);
	buf_reset(&out->apps);
	buf_add(&out->apps, apps.s ?: "", apps.len);
}

int attacker_rows_take(struct db *db, struct attacker *rows, size_t nr, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *found = NULL;
	struct db_value values[ATTACKER_ROWS * TAKEN];
	struct attacker *row;
	int res;

	for (size_t i = 0; i < ATTACKER_ROWS; i++) {
		const struct attack *a = i < nr ? rows[i].attacks : NULL;
		struct db_value *v = &values[i * TAKEN];

		v[0] = number_of(a ? (int64_t)a->by : -1);
		v[1] = text_of(a ? a->who : TEXT(""));
		v[2] = text_of(a ? a->addr : TEXT(""));
		v[3] = v[4] = number_of(a ? a->time : 0);
	}
	res = db_ask_list(db, err, &found, take, values, ARRAY_SIZE(values));
	while (!res && (res = db_row(db, err, found)) > 0) {
		row = find(rows, nr, db_text(found, 0));
		if (row)
			read_row(found, row);
		res = 0;
	}
	return res;
}

static int put_values(struct db_value *v, struct attacker *row, struct err *err)
{
	buf_reset(&row->hits);
	score_put(&row->hits, &row->window);
	if (row->hits.failed || row->apps.failed)
		return err_set(err, -ENOMEM, "out of memory");
	v[0] = number_of(row->attacks->by);
	v[1] = text_of(row->attacks->who);
	v[2] = text_of(row->attacks->addr);
	v[3] = number_of(row->first);
	v[4] = number_of(row->last);
	v[5] = number_of(row->listed);
	v[6] = number_of(row->expires);
	v[7] = number_of(row->score);
	v[8] = number_of(row->points);
	for (size_t i = 0; i < NR_RECORD_LEVELS; i++)
		v[9 + i] = number_of(row->levels[i]);
	v[12] = text_of((struct text){ row->hits.data, row->hits.len });
	v[13] = text_of((struct text){ row->apps.data, row->apps.len });
	return 0;
}

static void put_none(struct db_value *v)
{
	for (size_t i = 0; i < WRITTEN; i++)
		v[i] = i == 1 || i == 2 || i >= 12 ? text_of(TEXT("")) : number_of(-1);
}

int attacker_rows_write(struct db *db, struct attacker *rows, size_t nr, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *none = NULL;
	struct db_value values[ATTACKER_ROWS * WRITTEN];
	int res = 0;

	for (size_t i = 0; i < ATTACKER_ROWS && !res; i++) {
		if (i < nr)
			res = put_values(&values[i * WRITTEN], &rows[i], err);
		else
			put_none(&values[i * WRITTEN]);
	}
	if (!res)
		res = db_ask_list(db, err, &none, change, values, ARRAY_SIZE(values));
	if (!res)
		res = db_row(db, err, none);
	return res < 0 ? res : 0;
}
