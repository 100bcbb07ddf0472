// SPDX-License-Identifier: GPL-2.0-only
#include "console/allowed.h"

#include <errno.h>

#include "base/util.h"
#include "console/db.h"
#include "console/when.h"

int allowed_parse(struct text text, struct ip_network *out, struct err *err)
{
	if (ip_network_parse(text, out) || ip_address_parse(text, out))
		return 0;
	return err_set(err, -EINVAL,
		       "a network is an address, or as 192.0.2.0/24 or 2001:db8::/32");
}

int allowed_read(struct db *db, struct allowed *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res = db_ask(db, err, &rows, "SELECT network FROM allowed ORDER BY network LIMIT ?",
			 "i", (int64_t)ALLOWED_MAX);

	out->nr = 0;
	while (!res && (res = db_row(db, err, rows)) > 0) {
		if (!allowed_parse(db_text(rows, 0), &out->networks[out->nr], NULL))
			out->nr++;
		res = out->nr == ALLOWED_MAX ? 1 : 0;
	}
	return res < 0 ? res : 0;
}

bool allowed_holds(const struct allowed *a, struct text text)
{
	struct ip_network address;

	if (!ip_address_parse(text, &address))
		return false;
	for (size_t i = 0; i < a->nr; i++) {
		if (ip_network_holds(&a->networks[i], &address))
			return true;
	}
	return false;
}

static int check_room(struct db *db, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row, "SELECT count(*) FROM allowed", "");

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	if (db_number(row, 0) >= ALLOWED_MAX)
		return err_set(err, -EINVAL, "%d networks are allowed already: remove some",
			       ALLOWED_MAX);
	return 0;
}

int allowed_add(struct db *db, const struct ip_network *net, const char *who, struct text note,
		struct err *err)
{
	_cleanup_buf_ struct buf name = { 0 };
	int64_t res = check_room(db, err);

	ip_network_put(&name, net);
	if (!res && name.failed)
		return err_set(err, -ENOMEM, "out of memory");
	if (!res)
		res = db_do(db, err,
			    "INSERT INTO allowed (network, who, time, note) VALUES (?, ?, ?, ?)"
			    " ON CONFLICT (network) DO UPDATE SET who = excluded.who,"
			    " time = excluded.time, note = excluded.note",
			    "ssit", name.data, who, when_now(), note.s ? note : TEXT(""));
	return res < 0 ? res : 0;
}

int allowed_drop(struct db *db, const struct ip_network *net, struct err *err)
{
	_cleanup_buf_ struct buf name = { 0 };
	int64_t res;

	ip_network_put(&name, net);
	if (name.failed)
		return err_set(err, -ENOMEM, "out of memory");
	res = db_do(db, err, "DELETE FROM allowed WHERE network = ?", "s", name.data);
	if (!res)
		return err_set(err, -ENOENT, "%s is not among the networks that are allowed",
			       name.data);
	return res < 0 ? res : 0;
}

int allowed_put(struct db *db, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	const char *separator = "";
	int res = db_ask(db, err, &rows,
			 "SELECT network, who, time, note FROM allowed ORDER BY network LIMIT ?",
			 "i", (int64_t)ALLOWED_MAX);

	buf_addc(out, '[');
	while (!res && (res = db_row(db, err, rows)) > 0) {
		buf_printf(out, "%s{\"network\":", separator);
		text_json(out, db_text(rows, 0));
		buf_adds(out, ",\"who\":");
		text_json(out, db_text(rows, 1));
		buf_adds(out, ",\"time\":\"");
		when_put(out, db_number(rows, 2));
		buf_adds(out, "\",\"note\":");
		text_json(out, db_text(rows, 3));
		buf_addc(out, '}');
		separator = ",";
		res = 0;
	}
	buf_addc(out, ']');
	return res;
}
