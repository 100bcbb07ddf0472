// SPDX-License-Identifier: GPL-2.0-only
/* Which files make way for a new one, and which are left alone. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/out_file.h"
#include "base/out_shift.h"
#include "base/util.h"

static char dir[64];
static struct err err;

static const char *in(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_dir(void)
{
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void new_dir(void)
{
	unsetenv("SUDO_UID");
	if (*dir)
		remove_dir();
	else
		atexit(remove_dir);
	strcpy(dir, "/tmp/phrude-trace-unit-XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

static void put(const char *name, const char *text)
{
	int fd = open(in(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

/* The texts of a, a.1, a.2 ... with "-" for one that is not there. */
static const char *all(int count)
{
	static char text[256];

	*text = '\0';
	for (int n = 0; n <= count; n++) {
		char name[16], one[16] = "-";
		int fd;

		snprintf(name, sizeof(name), n ? "a.%d" : "a", n);
		fd = open(in(name), O_RDONLY | O_NOFOLLOW);
		if (fd >= 0) {
			ssize_t len = read(fd, one, sizeof(one) - 1);

			one[MAX(len, 0)] = '\0';
			close(fd);
		}
		strcat(strcat(text, n ? " " : ""), one);
	}
	return text;
}

static int shift(unsigned int keep)
{
	int fd = open(in("a"), O_WRONLY), ret;

	strcpy(err.msg, "");
	ret = out_file_shift(in("a"), fd, keep, &err);
	close(fd);
	return ret;
}

TEST(moved_up)
{
	new_dir();
	put("a", "0");
	ASSERT_EQ(shift(3), 0);
	ASSERT_STR(all(4), "- 0 - - -");
	put("a", "1");
	ASSERT_EQ(shift(3), 0);
	put("a", "2");
	ASSERT_EQ(shift(3), 0);
	ASSERT_STR(all(4), "- 2 1 0 -");
	put("a", "3");
	put("a.4", "later");
	ASSERT_EQ(shift(3), 0);
	ASSERT_STR(all(4), "- 3 2 1 -");
}

/* As who was killed leaves it. */
TEST(a_gap_is_filled)
{
	new_dir();
	put("a", "0");
	put("a.1", "1");
	put("a.3", "3");
	put("a.5", "5");
	ASSERT_EQ(shift(3), 0);
	ASSERT_STR(all(5), "- 0 1 3 - 5");
	new_dir();
	put("a", "0");
	put("a.2", "2");
	ASSERT_EQ(shift(2), 0);
	ASSERT_STR(all(2), "- 0 2");
}

TEST(fewer_are_kept)
{
	new_dir();
	put("a", "0");
	put("a.1", "1");
	put("a.2", "2");
	put("a.3", "3");
	put("a.4.gz", "4");
	ASSERT_EQ(shift(1), 0);
	ASSERT_STR(all(3), "- 0 - -");
	ASSERT_EQ(access(in("a.4.gz"), F_OK), 0);
}

TEST(what_is_not_ours)
{
	new_dir();
	put("a", "0");
	put("a.1", "1");
	put("victim", "v");
	ASSERT_EQ(symlink("victim", in("a.2")), 0);
	ASSERT_EQ(shift(2), -EPERM);
	ASSERT_STR(err.msg, "a.2 is no regular file: it is in the way");
	ASSERT_STR(all(1), "0 1");
	ASSERT_EQ(unlink(in("a.2")), 0);
	ASSERT_EQ(mkdir(in("a.2"), 0700), 0);
	ASSERT_EQ(shift(2), -EPERM);
	ASSERT_EQ(rmdir(in("a.2")), 0);
	put("a.2", "2");
	ASSERT_EQ(chmod(in("a.2"), 0622), 0);
	ASSERT_EQ(shift(2), -EPERM);
	ASSERT(strstr(err.msg, "a.2 is in the way: others can write it"));
	ASSERT_EQ(chmod(in("a.2"), 0600), 0);
	if (!geteuid()) {
		ASSERT_EQ(chown(in("a.2"), 12345, 0), 0);
		ASSERT_EQ(shift(2), -EPERM);
		ASSERT(strstr(err.msg, "it belongs to user 12345"));
		ASSERT_EQ(chown(in("a.2"), 0, 0), 0);
	}
	ASSERT_STR(all(2), "0 1 2");
	/* Nobody deletes such a one behind the last, either. */
	ASSERT_EQ(symlink("victim", in("a.3")), 0);
	ASSERT_EQ(shift(2), 0);
	ASSERT_STR(all(2), "- 0 1");
	ASSERT_EQ(access(in("a.3"), F_OK), 0);
	ASSERT_EQ(access(in("victim"), F_OK), 0);
}

TEST(a_folder_of_others)
{
	new_dir();
	put("a", "0");
	ASSERT_EQ(chmod(dir, 0777), 0);
	ASSERT_EQ(shift(2), -EPERM);
	ASSERT(strstr(err.msg, "can be changed by others"));
	ASSERT_STR(all(1), "0 -");
}

TEST(another_file_by_now)
{
	int fd;

	new_dir();
	put("a", "0");
	fd = open(in("a"), O_WRONLY);
	ASSERT_EQ(unlink(in("a")), 0);
	put("a", "new");
	put("a.1", "1");
	ASSERT_EQ(out_file_shift(in("a"), fd, 3, &err), -ESTALE);
	ASSERT_STR(all(2), "new 1 -");
	ASSERT_EQ(unlink(in("a")), 0);
	ASSERT_EQ(out_file_shift(in("a"), fd, 3, &err), -ESTALE);
	ASSERT_STR(all(2), "- 1 -");
	close(fd);
}

TEST(room)
{
	new_dir();
	put("a", "0");
	put("a.1", "1");
	ASSERT_EQ(out_file_drop_last(in("a"), 2, &err), 0);
	ASSERT_STR(all(2), "0 1 -");
	put("a.2", "2");
	ASSERT_EQ(out_file_drop_last(in("a"), 2, &err), 0);
	ASSERT_STR(all(2), "0 1 -");
	ASSERT_EQ(symlink("a", in("a.2")), 0);
	ASSERT_EQ(out_file_drop_last(in("a"), 2, &err), -EPERM);
}
