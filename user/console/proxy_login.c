// SPDX-License-Identifier: GPL-2.0-only
#include "console/proxy_login.h"

#include <ctype.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "console/access.h"
#include "console/db.h"
#include "console/http.h"
#include "console/store.h"

int proxy_login_set_header(struct proxy_login *p, const char *name, struct err *err)
{
	static const char *const others[] = { "Authorization", "Cookie", "Content-Type",
					      "X-CSRF-Token", "Host" };
	bool ok = *name && strlen(name) <= 64;

	for (const char *c = name; *c && ok; c++)
		ok = (unsigned char)*c < 0x80 && (isalnum((unsigned char)*c) || *c == '-');
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ok = ok && strcasecmp(name, others[i]) != 0;
	if (!ok)
		return err_set(err, -EINVAL,
			       "--auth-header takes a header's name, as X-Remote-User, not \"%s\"",
			       name);
	p->header = name;
	return 0;
}

int proxy_login_set_from(struct proxy_login *p, const char *list, struct err *err)
{
	p->nr_from = 0;
	while (*list) {
		struct text one = { list, strcspn(list, ", ") };

		list += one.len + strspn(list + one.len, ", ");
		if (!one.len)
			continue;
		if (p->nr_from == PROXY_LOGIN_FROM_MAX ||
		    (!ip_address_parse(one, &p->from[p->nr_from]) &&
		     !ip_network_parse(one, &p->from[p->nr_from])))
			return err_set(err, -EINVAL,
				       "--auth-from takes up to %d addresses or networks, with "
				       "commas between them, not \"%.*s\"",
				       PROXY_LOGIN_FROM_MAX, (int)one.len, one.s);
		p->nr_from++;
	}
	return 0;
}

bool proxy_login_trusts(const struct proxy_login *p, const char *addr)
{
	struct ip_network address;

	if (!p->header || !ip_address_parse((struct text){ addr, strlen(addr) }, &address))
		return false;
	for (size_t i = 0; i < p->nr_from; i++) {
		if (ip_network_holds(&p->from[i], &address))
			return true;
	}
	return false;
}

static int read_secret(struct proxy_login *p, struct db *db, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	struct text secret;
	int res = db_ask(db, err, &row, "SELECT value FROM secrets WHERE name = 'csrf'", "");

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	secret = db_text(row, 0);
	if (!res || !secret.len || secret.len >= sizeof(p->secret))
		return err_set(err, -EIO, "the store has no secret of its own");
	snprintf(p->secret, sizeof(p->secret), "%.*s", (int)secret.len, secret.s);
	return 0;
}

int proxy_login_start(struct proxy_login *p, struct store *store, struct err *err)
{
	char fresh[TOKEN_SIZE];
	struct db *db;
	int64_t res;

	if (!p->header != !p->nr_from)
		return err_set(err, -EINVAL, "--auth-header and --auth-from go together");
	if (!p->header)
		return 0;
	res = store_begin(store, &db, err);
	if (res)
		return res;
	token_make(fresh);
	/* Of several consoles that start at once, one makes it. */
	res = db_do(db, err,
		    "INSERT INTO secrets (name, value) VALUES ('csrf', ?)"
		    " ON CONFLICT (name) DO NOTHING",
		    "s", fresh);
	if (res >= 0)
		res = read_secret(p, db, err);
	if (!res)
		return store_commit(store, err);
	store_rollback(store);
	return res;
}

struct values {
	const char *name, *value;
	unsigned int nr;
};

static enum MHD_Result note_value(void *ctx, enum MHD_ValueKind kind, const char *key,
				  const char *value)
{
	struct values *v = ctx;

	if (strcasecmp(key, v->name) == 0) {
		v->value = value;
		v->nr++;
	}
	return MHD_YES;
}

/* What other sites cannot know: it is the user's, and the store's. */
static void make_csrf(const struct proxy_login *p, struct session *s)
{
	char text[TOKEN_SIZE + ACCESS_NAME_MAX + 2], hash[TOKEN_HASH_SIZE];

	snprintf(text, sizeof(text), "%s %s", p->secret, s->user);
	token_hash((struct text){ text, strlen(text) }, hash);
	snprintf(s->csrf, sizeof(s->csrf), "%.*s", (int)sizeof(s->csrf) - 1, hash);
}

int proxy_login_session(struct request *rq, struct db *db, struct err *err)
{
	const struct proxy_login *p = rq->console->proxy_login;
	struct values v = { .name = p->header };
	int res;

	if (!proxy_login_trusts(p, rq->addr))
		return 0;
	MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, note_value, &v);
	if (!v.nr || !v.value || !*v.value)
		return 0;
	/* A proxy that adds to what a client sent, and does not replace it. */
	if (v.nr > 1)
		return err_set(err, -EACCES,
			       "the header %s is there %u times: the proxy has to "
			       "replace what clients send",
			       p->header, v.nr);
	res = access_role(db, v.value, &rq->session.role, err);
	if (res == -ENOENT)
		return err_set(err, -EACCES,
			       "\"%.64s\" is no user of this console: \"phrude-console user add\" "
			       "makes one",
			       v.value);
	if (res)
		return res;
	snprintf(rq->session.user, sizeof(rq->session.user), "%s", v.value);
	rq->session.by_proxy = true;
	make_csrf(p, &rq->session);
	return 1;
}
