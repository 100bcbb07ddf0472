// SPDX-License-Identifier: GPL-2.0-only
/* Whom a program can be run as, and who called sudo. */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "base/trust.h"
#include "base/user.h"

static struct err err;

TEST(by_name_and_by_number)
{
	_cleanup_(user_freep) struct user *root = NULL, *zero = NULL;

	ASSERT_EQ(user_find("root", &root, &err), 0);
	ASSERT_EQ(user_find("0", &zero, &err), 0);
	ASSERT_EQ(root->uid, 0);
	ASSERT_EQ(zero->uid, 0);
	ASSERT_STR(zero->name, "root");
	ASSERT_STR(root->home, zero->home);
	ASSERT(root->nr_groups >= 1);
	ASSERT_EQ(root->groups[0], root->gid);
}

TEST(who_is_nobody)
{
	static const struct {
		const char *name, *says;
	} bad[] = {
		{ "", "no user \"\"" },
		{ "no-such-user", "no user \"no-such-user\"" },
		{ "-1", "no user \"-1\"" },
		{ "+0", "no user \"+0\"" },
		{ " 0", "no user \" 0\"" },
		{ "0x0", "no user \"0x0\"" },
		{ "0:0", "no user \"0:0\"" },
		{ "3999999999", "no user with the number 3999999999" },
		{ "4294967295", "not the number of a user" },
		{ "4294967296", "not the number of a user" },
		{ "99999999999999999999", "not the number of a user" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct user *user = NULL;

		ASSERT_EQ(user_find(bad[i].name, &user, &err), -EINVAL);
		ASSERT(!user);
		ASSERT_HAS(err.msg, bad[i].says);
	}
}

TEST(the_environment)
{
	struct user user = { .name = (char *)"jane", .home = (char *)"/home/jane" };
	_cleanup_(user_environment_freep) char **env = NULL;
	size_t homes = 0, kept = 0, n = 0;

	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("HOMELAND", "as it is", 1);
	unsetenv("LOGNAME");
	while (environ[n])
		n++;
	env = user_environment(&user);
	ASSERT(env);
	for (char **e = env; *e; e++, n--) {
		if (!strncmp(*e, "HOME=", 5)) {
			ASSERT_STR(*e, "HOME=/home/jane");
			homes++;
		} else if (!strncmp(*e, "USER=", 5)) {
			ASSERT_STR(*e, "USER=jane");
		} else if (!strncmp(*e, "LOGNAME=", 8)) {
			ASSERT_STR(*e, "LOGNAME=jane");
		}
		kept += !strcmp(*e, "HOMELAND=as it is");
	}
	ASSERT_EQ(homes, 1);
	ASSERT_EQ(kept, 1);
	ASSERT_EQ(n, (size_t)-1); /* LOGNAME came to it */
}

TEST(who_called_sudo)
{
	static const char *const bad[] = { "",	 "jane",       "-1",	     "+5",   "1000x",
					   " 5", "4294967295", "4294967296", "0x3e8" };
	uid_t uid = 7;
	gid_t gid = 7;
	bool wrong;

	if (geteuid())
		return; /* of root only it matters */
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	ASSERT(!trust_sudo_user(&uid, &gid, &wrong));
	ASSERT(!wrong);
	setenv("SUDO_UID", "1000", 1);
	ASSERT(!trust_sudo_user(&uid, &gid, &wrong));
	ASSERT(!wrong);
	ASSERT(!trust_owner(1000));
	setenv("SUDO_GID", "100", 1);
	ASSERT(trust_sudo_user(&uid, &gid, &wrong));
	ASSERT_EQ(uid, 1000);
	ASSERT_EQ(gid, 100);
	ASSERT(trust_owner(1000) && trust_owner(0) && !trust_owner(1001));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		setenv("SUDO_UID", bad[i], 1);
		ASSERT(!trust_sudo_user(&uid, &gid, &wrong));
		ASSERT(wrong);
	}
	setenv("SUDO_UID", "1000", 1);
	setenv("SUDO_GID", "", 1);
	ASSERT(!trust_sudo_user(&uid, &gid, &wrong));
	ASSERT(wrong);
	ASSERT(!trust_owner(1000));
}
