// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-console attackers ...` */
#include <string.h>

#include "console/allowed.h"
#include "console/attackers.h"
#include "console/console.h"
#include "console/when.h"

static int put_export(struct db *db, const struct options *o, struct buf *out, struct err *err)
{
	return attackers_export(db, o->export, when_now(), out, err);
}

int cmd_attackers_export(const struct options *o, struct err *err)
{
	return print_of_store(o, put_export, err);
}

static int change_allowed(const struct options *o, const char *what,
			  int (*run)(struct db *db, const struct options *o, void *net,
				     struct err *err),
			  struct err *err)
{
	struct ip_network net;
	int res = allowed_parse((struct text){ o->argument, strlen(o->argument) }, &net, err);

	return res ?: change_store(o, what, run, &net, err);
}

static int allow(struct db *db, const struct options *o, void *net, struct err *err)
{
	return allowed_add(db, net, "command line", TEXT(""), err);
}

int cmd_attackers_allow(const struct options *o, struct err *err)
{
	return change_allowed(o, "allowed a network", allow, err);
}

static int disallow(struct db *db, const struct options *o, void *net, struct err *err)
{
	return allowed_drop(db, net, err);
}

int cmd_attackers_disallow(const struct options *o, struct err *err)
{
	return change_allowed(o, "allowed a network no longer", disallow, err);
}
