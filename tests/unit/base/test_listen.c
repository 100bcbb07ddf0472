// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/listen.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"

static struct err err;
static char folder[64], path[128];

TEST(addresses)
{
	static const char *const good[] = { "127.0.0.1:0", "0.0.0.0:65535", "[::1]:9464" };
	static const char *const bad[] = { "",
					   ":1",
					   "127.0.0.1",
					   "127.0.0.1:",
					   "127.0.0.1:65536",
					   "127.0.0.1:x",
					   "::1:9464",
					   "[::1:9464",
					   "localhost:80",
					   "[]:1",
					   "256.1.1.1:1",
					   "[x]:1",
					   "unix:/tmp/x:1" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ASSERT_EQ(listen_check(good[i], &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (listen_check(bad[i], &err) != -EINVAL)
			TEST_FAIL("%s is taken", bad[i]);
	}
}

TEST(listening)
{
	_cleanup_buf_ struct buf out = { 0 };
	bool loopback = false;
	int fd = listen_at("127.0.0.1:0", &out, &loopback, &err);

	ASSERT(fd >= 0 && loopback);
	ASSERT(str_starts(out.data, "127.0.0.1:") && !str_ends(out.data, ":0"));
	ASSERT_EQ(listen_at(out.data, &out, &loopback, &err), -EADDRINUSE);
	close(fd);
	fd = listen_at("0.0.0.0:0", &out, &loopback, &err);
	ASSERT(fd >= 0 && !loopback);
	close(fd);
}

static void make_folder(void)
{
	/* Not in /tmp itself: who may write there does not matter, it is sticky. */
	snprintf(folder, sizeof(folder), "/tmp/phrude-listen-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/socket", folder);
}

/* By a path of any length, from any folder. */
TEST(dialling)
{
	char deep[512], name[256];
	int fd, client;

	make_folder();
	memset(name, 'x', 100);
	name[100] = '\0';
	snprintf(deep, sizeof(deep), "%s/%s", folder, name);
	ASSERT(!mkdir(deep, 0700));
	snprintf(deep, sizeof(deep), "%s/%s/socket", folder, name);
	ASSERT_EQ(listen_dial_unix(deep), -ENOENT);
	fd = listen_unix(deep, 0600, &err);
	ASSERT(fd >= 0);
	client = listen_dial_unix(deep);
	ASSERT(client >= 0);
	close(client);
	close(fd);
	ASSERT_EQ(listen_dial_unix(deep), -ECONNREFUSED);
	listen_unix_end(deep);
	snprintf(deep, sizeof(deep), "%s/%s", folder, name);
	rmdir(deep);
	rmdir(folder);
	ASSERT_EQ(listen_dial_unix("/nowhere/socket"), -ENOENT);
	ASSERT_EQ(listen_dial_unix("no-socket"), -ENOENT);
	ASSERT_EQ(listen_dial_unix("/no-socket"), -ENOENT);
}

static bool answers(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), ret;

	strcpy(a.sun_path, path);
	ret = connect(fd, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	return !ret;
}

TEST(sockets)
{
	struct stat st;
	int fd;

	make_folder();
	fd = listen_unix(path, 0777, &err);
	ASSERT(fd >= 0);
	ASSERT(answers());
	/* In use; then left behind, as by a program that was killed. */
	ASSERT_EQ(listen_unix(path, 0777, &err), -EADDRINUSE);
	close(fd);
	ASSERT(!answers());
	fd = listen_unix(path, 0777, &err);
	ASSERT(fd >= 0);
	ASSERT(answers());
	close(fd);
	listen_unix_end(path);
	ASSERT(stat(path, &st) && errno == ENOENT);
	rmdir(folder);
}

TEST(who_may_connect)
{
	mode_t before = umask(022);
	struct stat st;
	int fd;

	make_folder();
	fd = listen_unix(path, 0600, &err);
	ASSERT(fd >= 0 && !stat(path, &st));
	ASSERT_EQ(st.st_mode & 0777, 0600);
	close(fd);
	fd = listen_unix(path, 0777, &err);
	ASSERT(fd >= 0 && !stat(path, &st));
	ASSERT_EQ(st.st_mode & 0777, 0755);
	close(fd);
	listen_unix_end(path);
	rmdir(folder);
	umask(before);
}

TEST(what_is_no_socket_stays)
{
	FILE *file;
	struct stat st;

	make_folder();
	file = fopen(path, "w");
	ASSERT(file);
	fclose(file);
	ASSERT_EQ(listen_unix(path, 0777, &err), -EADDRINUSE);
	listen_unix_end(path);
	ASSERT(!stat(path, &st));
	unlink(path);
	/* Nor is one followed that stands somewhere else. */
	ASSERT(!symlink("/dev/log", path));
	ASSERT_EQ(listen_unix(path, 0777, &err), -EADDRINUSE);
	unlink(path);
	chmod(folder, 0777);
	ASSERT_EQ(listen_unix(path, 0777, &err), -EPERM);
	ASSERT(strstr(err.msg, "can be changed by others"));
	rmdir(folder);
	ASSERT_EQ(listen_unix("/nowhere/socket", 0777, &err), -ENOENT);
}
