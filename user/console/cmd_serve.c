// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-console serve` */
#include <signal.h>

#include "base/log.h"
#include "console/console.h"
#include "console/db.h"
#include "console/herald.h"
#include "console/purge.h"
#include "console/reporter.h"
#include "console/store.h"
#include "console/transitions_watch.h"
#include "console/writer.h"

#define FIRST_USER "admin"

/* While nobody can sign in, whoever started the program gets a link to become the administrator. */
static int invite_first(struct store *store, const char *url, struct err *err)
{
	char token[TOKEN_SIZE];
	struct db *db;
	bool is_new = false;
	int res = store_begin(store, &db, err);

	if (res)
		return res;
	res = access_is_new(db, &is_new, err);
	if (!res && is_new)
		res = access_invite(db, FIRST_USER, ROLE_ADMIN, token, err);
	if (res) {
		store_rollback(store);
		return res;
	}
	res = store_commit(store, err);
	if (!res && is_new)
		log_info("nobody can sign in yet: set the password of \"" FIRST_USER
			 "\" within %d minutes at %s/setup#%s",
			 ACCESS_LINK_MINUTES, url, token);
	return res;
}

int cmd_serve(const struct options *o, struct err *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_(herald_stopp) struct herald *herald = NULL;
	_cleanup_(writer_stopp) struct writer *writer = NULL;
	_cleanup_(transitions_watch_stopp) struct transitions_watch *watch = NULL;
	_cleanup_(purge_stopp) struct purge *purge = NULL;
	_cleanup_(reporter_stopp) struct reporter *reporter = NULL;
	_cleanup_(http_stopp) struct http *http = NULL;
	struct proxy_login proxy_login = o->proxy_login;
	struct console console = { 0 };
	sigset_t ends;
	int res, sig;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	/* Before any thread, each of which has the mask of whoever starts it. */
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	res = options_store(o, &store, err);
	if (!res)
		res = proxy_login_start(&proxy_login, store, err);
	if (!res)
		res = herald_start(&o->attacker_hook, &herald, err);
	if (!res)
		res = writer_start(store, &o->scoring, herald, &writer, err);
	if (!res)
		res = transitions_watch_start(store, writer, &o->transitions, o->transitions_grace,
					      &watch, err);
	if (res)
		return res;
	console.transitions = &o->transitions;
	console.transitions_watch = watch;
	console.store = store;
	console.writer = writer;
	console.herald = herald;
	console.scoring = &o->scoring;
	console.proxy_login = &proxy_login;
	console.reports = &o->reports;
	res = http_start(&console, &o->http, &http, err);
	/* Where a proxy says who it is, nobody needs a password. */
	if (!res && !proxy_login.header)
		res = invite_first(store, http_url(http), err);
	if (!res)
		res = purge_start(store, o->keep, o->keep_size, &purge, err);
	if (!res)
		res = reporter_start(store, &o->reports, &reporter, err);
	if (!res) {
		log_info("ready: %s", http_url(http));
		sigwait(&ends, &sig);
	}
	/* Pages that wait for news are told to go, before all threads are waited for. */
	writer_wake(writer);
	return res;
}
