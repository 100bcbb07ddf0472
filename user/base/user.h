/* SPDX-License-Identifier: GPL-2.0-only */
/* Users of this machine, and becoming one. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/err.h"

struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* gid among them */
	size_t nr_groups;
	char *name, *home;
};

/* Looks a user up by name, else by number.  -EINVAL with a sentence if there is none. */
int user_find(const char *name, struct user **out, struct err *err);
/* One who may not be known by name is an error, too. */
int user_find_id(uid_t uid, struct user **out, struct err *err);
void user_free(struct user *user);
DEFINE_CLEANUP(user_freep, struct user, user_free);

/*
 * Turns this process into one of the user's, for good.  0 or -errno; takes system calls only, as
 * after fork().
 */
int user_become(const struct user *user);
/*
 * This process's environment, with HOME, USER and LOGNAME as the user has them; NULL: no memory.
 * The array and its first three strings are the caller's, see user_environment_free().
 */
char **user_environment(const struct user *user);
void user_environment_free(char **environment);
DEFINE_CLEANUP(user_environment_freep, char *, user_environment_free);
