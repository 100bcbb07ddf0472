// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attackers' addresses, as proxies read them.  What is written was read as an address before,
 * so that nothing that an application sent gets into a configuration.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip_network.h"
#include "base/util.h"
#include "console/allowed.h"
#include "console/attackers.h"
#include "console/db.h"

static const struct {
	const char *name;
	const char *behind; /* each address */
} formats[NR_EXPORT_FORMATS] = {
	[EXPORT_TEXT] = { "text", "\n" },
	[EXPORT_NGINX] = { "nginx", " 1;\n" }, /* within geo {} and map {} */
	[EXPORT_HAPROXY] = { "haproxy", " 1\n" },
};

int export_format_parse(struct text name, enum export_format *out)
{
	for (enum export_format f = 0; f < NR_EXPORT_FORMATS; f++) {
		if (text_eq_str(name, formats[f].name)) {
			*out = f;
			return 0;
		}
	}
	return -EINVAL;
}

struct addresses {
	struct ip_network *all;
	size_t nr, cap;
};

static void addresses_fini(struct addresses *a)
{
	free(a->all);
}

static int add_address(struct addresses *a, const struct ip_network *net)
{
	if (a->nr == a->cap) {
		size_t cap = MAX(2 * a->cap, (size_t)64);
		struct ip_network *all = reallocarray(a->all, cap, sizeof(*all));

		if (!all)
			return -ENOMEM;
		a->all = all;
		a->cap = cap;
	}
	a->all[a->nr++] = *net;
	return 0;
}

static int read_addresses(struct db *db, int64_t now, struct addresses *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	_cleanup_free_ struct allowed *allowed = malloc(sizeof(*allowed));
	int res = allowed ? allowed_read(db, allowed, err) : err_set(err, -ENOMEM, "out of memory");

	if (!res)
		res = db_ask(db, err, &rows,
			     "SELECT addr FROM attackers WHERE expires > ? AND listed > 0"
			     " ORDER BY last DESC LIMIT ?",
			     "ii", now, (int64_t)ATTACKERS_EXPORTED_MAX);
	while (!res && (res = db_row(db, err, rows)) > 0) {
		struct ip_network net;

		res = 0;
		if (ip_address_parse(db_text(rows, 0), &net) &&
		    !allowed_holds(allowed, db_text(rows, 0)) && add_address(out, &net))
			res = err_set(err, -ENOMEM, "out of memory");
	}
	return res;
}

static int in_order(const void *a, const void *b)
{
	const struct ip_network *x = a, *y = b;

	return memcmp(x->address, y->address, sizeof(x->address));
}

int attackers_export(struct db *db, enum export_format format, int64_t now, struct buf *out,
		     struct err *err)
{
	_cleanup_(addresses_fini) struct addresses a = { 0 };
	int res = read_addresses(db, now, &a, err);

	if (res)
		return res;
	if (a.nr)
		qsort(a.all, a.nr, sizeof(*a.all), in_order);
	/* The same attackers make the same file, in whatever order they came. */
	for (size_t i = 0; i < a.nr; i++) {
		if (i && !in_order(&a.all[i - 1], &a.all[i]))
			continue;
		ip_network_put(out, &a.all[i]);
		buf_adds(out, formats[format].behind);
	}
	return 0;
}
