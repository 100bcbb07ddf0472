/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may do what: users with a role, who sign in by a password that they set themselves through a
 * one-time link; keys that let an application send alerts; and a record of all that was done.
 * Functions that write have to stand between store_begin() and store_commit(); all return 0 or
 * -errno with a sentence.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "console/secret.h"

struct db;

#define ACCESS_NAME_MAX 64
#define ACCESS_LINK_MINUTES 30
#define ACCESS_SESSION_HOURS 12

/* Each may do what those before it may. */
enum role { ROLE_NONE, ROLE_VIEWER, ROLE_ANALYST, ROLE_ADMIN, NR_ROLES };

const char *role_name(enum role role);
/* -EINVAL: no role is called so. */
int role_parse(struct text name, enum role *out);
/*
 * Names of users and applications: 1 to ACCESS_NAME_MAX letters, digits and "._@-".  -EINVAL with a
 * sentence.
 */
int access_check_name(const char *name, struct err *err);

struct session {
	char user[ACCESS_NAME_MAX + 1];
	enum role role;
	char csrf[TOKEN_SIZE];
	bool by_proxy; /* see proxy_login.h */
};

/* Is there nobody who can sign in as an administrator? */
int access_is_new(struct db *db, bool *out, struct err *err);
/*
 * Makes a user, or gives the one of that name that role, and a link's token by which they set a
 * password.
 */
int access_invite(struct db *db, const char *user, enum role role, char token[TOKEN_SIZE],
		  struct err *err);
/*
 * The token of a link, once; `user` gets whose it is, who has the password from now on and is
 * signed out everywhere. -ENOENT: no such link, or it is too old.
 */
int access_redeem(struct db *db, struct text token, const char *password_hash,
		  char user[ACCESS_NAME_MAX + 1], struct err *err);

/* -ENOENT: there is no such user. */
int access_role(struct db *db, const char *user, enum role *out, struct err *err);
/* The hash of a user's password, in `out`, empty if there is none or no such user. */
int access_password(struct db *db, struct text user, char out[PASSWORD_HASH_SIZE], struct err *err);
int access_sign_in(struct db *db, const char *user, char token[TOKEN_SIZE], struct err *err);
int access_sign_out(struct db *db, struct text token, struct err *err);
/* -ENOENT: there is no such session, or no longer. */
int access_session(struct db *db, struct text token, struct session *out, struct err *err);

int access_key_add(struct db *db, const char *app, char key[TOKEN_SIZE], struct err *err);
/* All keys of the application. -ENOENT: it has none. */
int access_key_revoke(struct db *db, const char *app, struct err *err);
/* Appends a line for each application that has a key: its name, and when the key was made. */
int access_key_list(struct db *db, struct buf *out, struct err *err);
/* Whose key it is. -ENOENT: nobody's. */
int access_key(struct db *db, struct text key, char app[ACCESS_NAME_MAX + 1], struct err *err);

/* `addr` NULL: from this machine's command line. */
int access_note(struct db *db, const char *who, const char *addr, const char *what,
		const char *detail, struct err *err);
/* Appends {"audit":[...]}: the newest `limit` entries. */
int access_notes(struct db *db, unsigned int limit, struct buf *out, struct err *err);
