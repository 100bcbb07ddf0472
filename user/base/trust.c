// SPDX-License-Identifier: GPL-2.0-only
#include "base/trust.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* -1 is no id: it means "leave as it is" to setuid() and its like. */
static bool id_from(const char *text, uint32_t *id)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	*id = value;
	return !errno && !*end && value < UINT32_MAX;
}

bool trust_sudo_user(uid_t *uid, gid_t *gid, bool *bad)
{
	const char *user = getenv("SUDO_UID"), *group = getenv("SUDO_GID");
	bool numbers;

	if (bad)
		*bad = false;
	if (geteuid() || !user || !group)
		return false;
	numbers = id_from(user, uid) && id_from(group, gid);
	if (bad)
		*bad = !numbers;
	return numbers;
}

bool trust_owner(uid_t uid)
{
	uid_t sudo_uid;
	gid_t sudo_gid;

	return !uid || uid == geteuid() ||
	       (trust_sudo_user(&sudo_uid, &sudo_gid, NULL) && uid == sudo_uid);
}

/* A group of one's own is what many distributions give each user, with files that it can write. */
static bool trust_group(gid_t gid)
{
	uid_t sudo_uid;
	gid_t sudo_gid;

	return !gid || gid == getegid() ||
	       (trust_sudo_user(&sudo_uid, &sudo_gid, NULL) && gid == sudo_gid);
}

bool trust_others_write(const struct stat *st)
{
	if (!trust_owner(st->st_uid))
		return true;
	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
		return false;
	return st->st_mode & S_IWOTH || (st->st_mode & S_IWGRP && !trust_group(st->st_gid));
}
