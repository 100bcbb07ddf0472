// SPDX-License-Identifier: GPL-2.0-only
/*
 * `phrude-console key ...`, `user ...` and `forget`: who may write into the store's file may do all
 * of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/user.h"
#include "console/console.h"
#include "console/db.h"
#include "console/purge.h"
#include "console/store.h"

/* Notes what was done, and by whom of this machine's users. */
static int note_change(struct db *db, const char *what, const char *detail, struct err *err)
{
	_cleanup_(user_freep) struct user *user = NULL;
	char who[96];

	if (user_find_id(getuid(), &user, NULL) || !user->name)
		snprintf(who, sizeof(who), "uid %u", getuid());
	else
		snprintf(who, sizeof(who), "%s (this machine)", user->name);
	return access_note(db, who, NULL, what, detail, err);
}

int change_store(const struct options *o, const char *what,
		 int (*run)(struct db *db, const struct options *o, void *ctx, struct err *err),
		 void *ctx, struct err *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct db *db;
	int res = options_store(o, &store, err);

	if (!res)
		res = store_begin(store, &db, err);
	if (res)
		return res;
	res = run(db, o, ctx, err);
	if (!res)
		res = note_change(db, what, o->argument, err);
	if (!res)
		return store_commit(store, err);
	store_rollback(store);
	return res;
}

int print_of_store(const struct options *o,
		   int (*put)(struct db *db, const struct options *o, struct buf *out,
			      struct err *err),
		   struct err *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct db *db;
	int res = options_store(o, &store, err);

	if (!res)
		res = store_reader(store, &db, err);
	if (res)
		return res;
	res = put(db, o, &out, err);
	store_reader_done(store, db);
	if (res)
		return res;
	/* All of it, or a fault: a proxy is not to be given half of a list. */
	if (out.failed || (out.len && fputs(out.data, stdout) < 0) || fflush(stdout))
		return err_set(err, -EIO, "what the store has cannot be written out");
	return 0;
}

/* The argument names whom it is about. */
static int change_access(const struct options *o, const char *what,
			 int (*run)(struct db *db, const struct options *o, void *secret,
				    struct err *err),
			 char *secret, struct err *err)
{
	int res = access_check_name(o->argument, err);

	return res ?: change_store(o, what, run, secret, err);
}

static int add_key(struct db *db, const struct options *o, void *key, struct err *err)
{
	return access_key_add(db, o->argument, key, err);
}

int cmd_key_add(const struct options *o, struct err *err)
{
	char key[TOKEN_SIZE];
	int res = change_access(o, "made a key", add_key, key, err);

	if (!res)
		puts(key);
	return res;
}

static int revoke_key(struct db *db, const struct options *o, void *unused, struct err *err)
{
	return access_key_revoke(db, o->argument, err);
}

int cmd_key_revoke(const struct options *o, struct err *err)
{
	return change_access(o, "revoked the keys", revoke_key, NULL, err);
}

static int put_keys(struct db *db, const struct options *o, struct buf *out, struct err *err)
{
	return access_key_list(db, out, err);
}

int cmd_key_list(const struct options *o, struct err *err)
{
	return print_of_store(o, put_keys, err);
}

static int add_user(struct db *db, const struct options *o, void *token, struct err *err)
{
	return access_invite(db, o->argument, o->role, token, err);
}

int cmd_user_add(const struct options *o, struct err *err)
{
	char token[TOKEN_SIZE];
	int res = change_access(o, "made a link for the user", add_user, token, err);

	/* How browsers reach the console is known to whoever runs this alone. */
	if (!res)
		printf("/setup#%s\n", token);
	return res;
}

int cmd_forget(const struct options *o, struct err *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	char detail[64];
	struct db *db;
	int64_t count;
	int res = options_store(o, &store, err);

	if (!res)
		res = purge_session(store, (struct text){ o->argument, strlen(o->argument) },
				    &count, err);
	if (!res)
		res = store_begin(store, &db, err);
	if (res)
		return res;
	res = attackers_release(db, SCORE_BY_SESSION,
				(struct text){ o->argument, strlen(o->argument) }, err);
	/* Without the session, which is to be forgotten. */
	snprintf(detail, sizeof(detail), "%lld alerts", (long long)count);
	if (!res || res == -ENOENT)
		res = note_change(db, "forgot a session", detail, err);
	if (res) {
		store_rollback(store);
		return res;
	}
	res = store_commit(store, err);
	if (!res)
		printf("%lld alerts forgotten\n", (long long)count);
	return res;
}
