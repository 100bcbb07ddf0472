// SPDX-License-Identifier: GPL-2.0-only
/* Paths of files. */
#include "marked.h"

TEST(attacks)
{
	static const struct marked_case cases[] = {
		ATTACK("/srv/f/‹../../etc/passwd›"),
		ATTACK("/srv/f/‹x/../../key›"),
		ATTACK("/srv/f/‹../k›"),
		ATTACK("/srv/f/‹..›"),
		ATTACK("/srv/f/‹a//..//..//etc/x›"),
		ATTACK("/srv/f/‹./../x›"),
		ATTACK("/srv/f/pre-‹/../../x›"),
		ATTACK("/srv/f/.‹./x›"),
		ATTACK("/srv/users/‹../root/x›"),
		ATTACK("/srv/f/‹../db.sqlite›"),
		ATTACK("‹../../app.py›"),
		ATTACK("pages/‹../../secrets.html›"),
		ATTACK("‹/etc/passwd›"),
		ATTACK("‹//etc/passwd›"),
		ATTACK("‹/./etc/passwd›"),
		ATTACK("‹/srv/../etc/passwd›"),
		ATTACK("‹/proc/self/environ›"),
		ATTACK("‹/root/.bashrc›"),
		ATTACK("‹/home/www/.ssh/id_rsa›"),
		ATTACK("‹/var/log/auth.log›"),
		ATTACK("‹/etc/›shadow"),
		ATTACK("‹file:///etc/passwd›"),
		ATTACK("‹~/.ssh/id_rsa›"),
		ATTACK("‹~root/x›"),
		ATTACK("/srv/f/‹x\0.png›"),
		ATTACK("/srv/f/‹a.txt›/‹../../x›"),
		ATTACK("‹/opt/shop/settings.py›"),
		ATTACK("‹app.py›"),
		ATTACK("‹conf/shop.ini›"),
		ATTACK("‹repo/.git/config›"),
		ATTACK("‹.env›"),
		ATTACK("/srv/f/‹.git/HEAD›"),
		ATTACK("/srv/f/‹a/.svn›/entries"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_path);
}

TEST(harmless)
{
	static const struct marked_case cases[] = {
		CLEAN("/etc/passwd"),
		CLEAN("/srv/f/‹a/../b›"),
		CLEAN("/srv/f/‹..data/x›"),
		CLEAN("/srv/f/‹....//k›"),
		CLEAN("/srv/f/‹my..file.py›"),
		CLEAN("/srv/f/‹file:x›"),
		CLEAN("/srv/f/‹x%00.png›"),
		CLEAN("/srv/f/‹%2e%2e/k›"),
		CLEAN("/srv/f/‹a//b›"),
		CLEAN("/srv/f/‹a/b/c›"),
		CLEAN("/srv/users/‹bob/2024/../2023›"),
		CLEAN("/srv/f/‹ETC/passwd›"),
		CLEAN("/home/site/w‹/Home/x›"),
		CLEAN("/srv/f/‹db.sqlite›"),
		CLEAN("/srv/f/‹~x.txt›"),
		CLEAN("/srv/app/../data/‹a.txt›"),
		CLEAN("‹blog/post.html›"),
		CLEAN("‹report.pdf›"),
		CLEAN("‹passwd›"),
		CLEAN("/etc/‹passwd›"),
		CLEAN("/srv/f/.git/‹HEAD x›"),
		CLEAN("/srv/f/‹shop.git/x›"),
		CLEAN("/srv/f/‹.gitignore›"),
		CLEAN("/srv/f/x‹.env›"),
		CLEAN("/srv/f/‹upload.py›"),
		CLEAN("jobs/‹my-job.py›"),
		CLEAN("‹my-job›.py"),
		SUSPECT("‹/srv/f/a.txt›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_path);
}
