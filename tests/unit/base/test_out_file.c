// SPDX-License-Identifier: GPL-2.0-only
/* Which files are appended to, and which are refused. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/out_file.h"

static char dir[] = "/tmp/phrude-trace-unit-XXXXXX";
static struct err err;
static bool half_line;

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

static bool made;

static void remove_dir(void)
{
	if (made)
		nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void new_dir(void)
{
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	if (!made)
		atexit(remove_dir);
	remove_dir();
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir))
		abort();
	made = true;
}

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = open(in(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
		abort();
	close(fd);
}

static const char *content(const char *name)
{
	static char text[256];
	int fd = open(in(name), O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* Opens it and writes a line; 0 or -errno. */
static int append(const char *path)
{
	int fd;

	strcpy(err.msg, "");
	fd = out_file_open(path, &err);
	if (fd < 0)
		return fd;
	half_line = out_file_ends_within_a_line(fd);
	if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		abort();
	if (write(fd, "new\n", 4) != 4)
		abort();
	close(fd);
	return 0;
}

TEST(a_new_one_is_its_owners)
{
	struct stat st;

	new_dir();
	umask(0);
	ASSERT_EQ(append(in("a")), 0);
	umask(022);
	ASSERT(!half_line);
	ASSERT_EQ(stat(in("a"), &st), 0);
	ASSERT_EQ(st.st_mode & 07777, 0600);
	ASSERT_STR(content("a"), "new\n");
}

TEST(one_that_is_there_is_appended_to)
{
	new_dir();
	put("a", "old\n", 0644);
	ASSERT_EQ(append(in("a")), 0);
	ASSERT(!half_line);
	ASSERT_STR(content("a"), "old\nnew\n");
	put("a", "half", 0600);
	ASSERT_EQ(append(in("a")), 0);
	ASSERT(half_line);
	put("a", "", 0600);
	ASSERT_EQ(append(in("a")), 0);
	ASSERT(!half_line);
}

TEST(links)
{
	new_dir();
	put("a", "old\n", 0600);
	ASSERT_EQ(symlink("a", in("link")), 0);
	ASSERT_EQ(append(in("link")), -ELOOP);
	ASSERT_HAS(err.msg, "symbolic link");
	ASSERT_EQ(symlink("nowhere", in("gone")), 0);
	ASSERT_EQ(append(in("gone")), -ELOOP);
	ASSERT(access(in("nowhere"), F_OK));
	put("b", "old\n", 0600);
	char other[256];
	snprintf(other, sizeof(other), "%s/c", dir);
	ASSERT_EQ(link(in("b"), other), 0);
	ASSERT_EQ(append(other), -EPERM);
	ASSERT_HAS(err.msg, "hard links");
	ASSERT_STR(content("a"), "old\n");
	ASSERT_STR(content("b"), "old\n");
}

TEST(what_others_can_write)
{
	static const mode_t modes[] = { 0620, 0602, 0666, 0660 };

	new_dir();
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		put("a", "old\n", modes[i]);
		ASSERT_EQ(append(in("a")), -EPERM);
		ASSERT_HAS(err.msg, "others can write it");
	}
	ASSERT_STR(content("a"), "old\n");
}

TEST(what_is_no_file)
{
	new_dir();
	ASSERT_EQ(append(dir), -EISDIR);
	ASSERT_EQ(append(in("")), -EISDIR);
	ASSERT_EQ(append("/"), -EISDIR);
	ASSERT_EQ(append(in("no/such")), -ENOENT);
	put("a", "", 0600);
	ASSERT_EQ(append(in("a/b")), -ENOTDIR);
	ASSERT_EQ(append("/dev/null"), 0);
	ASSERT_EQ(mkfifo(in("fifo"), 0600), 0);
	ASSERT_EQ(append(in("fifo")), -ENXIO);
	ASSERT_HAS(err.msg, "nobody has this FIFO open");
	int reader = open(in("fifo"), O_RDONLY | O_NONBLOCK);
	ASSERT_EQ(append(in("fifo")), 0);
	char text[5] = "";
	ASSERT_EQ(read(reader, text, 4), 4);
	close(reader);
	ASSERT_STR(text, "new\n");
}

TEST(descriptors)
{
	int fd, saved = dup(1);
	char path[32];

	new_dir();
	put("a", "old\n", 0666);
	fd = open(in("a"), O_WRONLY | O_APPEND);
	dup2(fd, 1);
	ASSERT_EQ(append("/dev/stdout"), 0);
	ASSERT_EQ(append("/dev/fd/1"), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT_EQ(append(path), 0);
	dup2(saved, 1);
	close(saved);
	close(fd);
	ASSERT_STR(content("a"), "old\nnew\nnew\nnew\n");
	fd = open(in("a"), O_RDONLY);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	ASSERT_EQ(append(path), -EBADF);
	close(fd);
	ASSERT_EQ(append("/dev/fd/54321"), -EBADF);
	ASSERT(!out_file_has_name("/dev/stdout") && !out_file_has_name("/dev/fd/7"));
	ASSERT(out_file_has_name("/dev/null") && out_file_has_name("dev/stdout"));
}

TEST(folders_on_the_way)
{
	new_dir();
	mkdir(in("open"), 0700);
	mkdir(in("open/inner"), 0700);
	ASSERT_EQ(append(in("open/inner/a")), 0);
	ASSERT_EQ(append(in("open/../open/./inner//a")), 0);
	chmod(in("open"), 0777);
	ASSERT_EQ(append(in("open/inner/a")), -EPERM);
	ASSERT_HAS(err.msg, "/open (user ");
	ASSERT_EQ(append(in("open/a")), -EPERM);
	ASSERT(access(in("open/a"), F_OK));
	chmod(in("open"), 01777);
	ASSERT_EQ(append(in("open/inner/a")), 0);
	ASSERT_EQ(append(in("open/a")), 0);
	chmod(in("open"), 0700);
	/* One's own link to a folder is followed, as /var/run is. */
	ASSERT_EQ(symlink("open", in("way")), 0);
	ASSERT_EQ(append(in("way/b")), 0);
	ASSERT_STR(content("open/b"), "new\n");
	char target[256];
	snprintf(target, sizeof(target), "%s/", in("open"));
	ASSERT_EQ(symlink(target, in("absolute")), 0);
	ASSERT_EQ(append(in("absolute/inner/b")), 0);
	ASSERT_STR(content("open/inner/b"), "new\n");
	ASSERT_EQ(symlink("round", in("round")), 0);
	ASSERT_EQ(append(in("round/a")), -ELOOP);
}

TEST(a_path_from_here)
{
	char here[256];

	new_dir();
	ASSERT(getcwd(here, sizeof(here)));
	ASSERT_EQ(chdir(dir), 0);
	ASSERT_EQ(append("a"), 0);
	ASSERT_EQ(append("./a"), 0);
	ASSERT_EQ(chdir(here), 0);
	ASSERT_STR(content("a"), "new\nnew\n");
}

TEST(what_is_somebody_elses)
{
	new_dir();
	if (geteuid())
		return; /* only root can make such files */
	put("a", "old\n", 0600);
	ASSERT_EQ(chown(in("a"), 1234, 1234), 0);
	ASSERT_EQ(append(in("a")), -EPERM);
	ASSERT_HAS(err.msg, "belongs to user 1234");
	mkdir(in("theirs"), 0755);
	ASSERT_EQ(chown(in("theirs"), 1234, 1234), 0);
	ASSERT_EQ(append(in("theirs/a")), -EPERM);
	ASSERT_EQ(symlink("theirs", in("link")), 0);
	ASSERT_EQ(lchown(in("link"), 1234, 1234), 0);
	chown(in("theirs"), 0, 0);
	ASSERT_EQ(append(in("link/a")), -EPERM);
	ASSERT_EQ(append(in("theirs/a")), 0);
	chown(in("theirs"), 1234, 1234);
	/* The user who called sudo may own the folder, not the file. */
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "1234", 1);
	ASSERT_EQ(append(in("theirs/b")), 0);
	ASSERT_EQ(append(in("link/c")), 0);
	chmod(in("theirs"), 0775);
	ASSERT_EQ(append(in("theirs/d")), 0);
	ASSERT_EQ(append(in("a")), -EPERM);
	chown(in("theirs"), 1234, 4321);
	ASSERT_EQ(append(in("theirs/e")), -EPERM);
	setenv("SUDO_UID", "1234x", 1);
	chown(in("theirs"), 1234, 1234);
	ASSERT_EQ(append(in("theirs/f")), -EPERM);
	ASSERT_EQ(mkfifo(in("fifo"), 0600), 0);
	chown(in("fifo"), 4321, 4321);
	ASSERT_EQ(append(in("fifo")), -EPERM);
}
