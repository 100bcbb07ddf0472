// SPDX-License-Identifier: GPL-2.0-only
#include "base/user.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"

static const char *const own[] = { "HOME", "USER", "LOGNAME" };

void user_free(struct user *user)
{
	if (!user)
		return;
	free(user->groups);
	free(user->name);
	free(user->home);
	free(user);
}

static int read_groups(struct user *user, struct err *err)
{
	int n = 16;

	for (;;) {
		int room = n;
		gid_t *groups = reallocarray(user->groups, room, sizeof(*groups));

		if (!groups)
			return err_set(err, -ENOMEM, "out of memory");
		user->groups = groups;
		if (getgrouplist(user->name, user->gid, groups, &n) >= 0) {
			user->nr_groups = n;
			return 0;
		}
		if (n <= room)
			return err_set(err, -EINVAL, "the groups of user %s cannot be read",
				       user->name);
	}
}

static int user_from(const struct passwd *pw, struct user **out, struct err *err)
{
	_cleanup_(user_freep) struct user *user = calloc(1, sizeof(*user));
	int ret;

	if (!user)
		return err_set(err, -ENOMEM, "out of memory");
	user->uid = pw->pw_uid;
	user->gid = pw->pw_gid;
	user->name = strdup(pw->pw_name);
	user->home = strdup(pw->pw_dir && *pw->pw_dir ? pw->pw_dir : "/");
	if (!user->name || !user->home)
		return err_set(err, -ENOMEM, "out of memory");
	ret = read_groups(user, err);
	if (ret)
		return ret;
	*out = TAKE_PTR(user);
	return 0;
}

int user_find_id(uid_t uid, struct user **out, struct err *err)
{
	const struct passwd *pw = getpwuid(uid);

	return pw ? user_from(pw, out, err)
		  : err_set(err, -EINVAL, "there is no user with the number %u", uid);
}

int user_find(const char *name, struct user **out, struct err *err)
{
	const struct passwd *pw = *name ? getpwnam(name) : NULL;
	unsigned long number;
	char *end;

	if (pw)
		return user_from(pw, out, err);
	errno = 0;
	number = strtoul(name, &end, 10);
	if (!isdigit((unsigned char)*name) || *end)
		return err_set(err, -EINVAL, "there is no user \"%s\"", name);
	/* The largest one means "as it is" to the kernel. */
	if (errno || number >= UINT32_MAX)
		return err_set(err, -EINVAL, "%s is not the number of a user", name);
	return user_find_id(number, out, err);
}

int user_become(const struct user *user)
{
	if (setgroups(user->nr_groups, user->groups) ||
	    setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return -errno;
	return 0;
}

/* Is the entry "name=..."? */
static bool is_entry_of(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

void user_environment_free(char **environment)
{
	for (size_t i = 0; environment && i < ARRAY_SIZE(own); i++)
		free(environment[i]);
	free(environment);
}

char **user_environment(const struct user *user)
{
	_cleanup_(user_environment_freep) char **out = NULL;
	size_t n = 0;

	while (environ && environ[n])
		n++;
	out = calloc(n + ARRAY_SIZE(own) + 1, sizeof(*out));
	if (!out)
		return NULL;
	n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		const char *value = str_eq(own[i], "HOME") ? user->home : user->name;

		if (asprintf(&out[n], "%s=%s", own[i], value) < 0) {
			out[n] = NULL;
			return NULL;
		}
		n++;
	}
	for (char **entry = environ; entry && *entry; entry++) {
		bool replaced = false;

		for (size_t i = 0; i < ARRAY_SIZE(own); i++)
			replaced |= is_entry_of(*entry, own[i]);
		if (!replaced)
			out[n++] = *entry;
	}
	return TAKE_PTR(out);
}
