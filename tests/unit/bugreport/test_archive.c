// SPDX-License-Identifier: GPL-2.0-only
/* What an archive is made of, as tar and gzip have it; and what is not written over. */
#include "bugreport/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/util.h"
#include "bugreport/machine.h"
#include "test.h"

static char folder[] = "/tmp/test-archive-XXXXXX", path[64];

static void make_folder(void)
{
	strcpy(folder, "/tmp/test-archive-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/a.tar.gz", folder);
}

static void remove_folder(void)
{
	unlink(path);
	if (rmdir(folder))
		abort();
}

TEST(the_head_of_a_file)
{
	char head[ARCHIVE_HEAD_SIZE];
	unsigned int sum = 0, said;

	archive_head(head, "a.txt", 01234, 1767323045);
	ASSERT_STR(head, "a.txt");
	ASSERT_STR(head + 100, "0000600");
	ASSERT_STR(head + 124, "00000001234");
	ASSERT_STR(head + 136, "15125632645");
	ASSERT_STR(head + 257, "ustar");
	ASSERT(!memcmp(head + 263, "00", 2));
	ASSERT_EQ(head[156], '0');
	ASSERT_EQ(sscanf(head + 148, "%6o", &said), 1);
	memset(head + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	ASSERT_EQ(sum, said);
}

TEST(files_one_after_another)
{
	static const struct archive_file files[] = { { "one.txt", TEXT("hello\n") },
						     { "none.txt", TEXT("") } };
	static char content[8192];
	struct stat st;
	struct err err;
	gzFile gz;

	make_folder();
	ASSERT_EQ(archive_write(path, files, ARRAY_SIZE(files), 1, &err), 0);
	ASSERT(!stat(path, &st));
	ASSERT_EQ(st.st_mode & 07777, 0600);
	gz = gzopen(path, "rb");
	/* A block and its content, a block without, and two that are empty. */
	ASSERT_EQ(gzread(gz, content, sizeof(content)), 5 * 512);
	gzclose(gz);
	ASSERT_STR(content, "one.txt");
	ASSERT_STR(content + 512, "hello\n");
	ASSERT_STR(content + 1024, "none.txt");
	for (size_t i = 1536; i < 2560; i++)
		ASSERT(!content[i]);
	remove_folder();
}

TEST(too_much)
{
	static char much[ARCHIVE_FILE_MAX + 1], content[ARCHIVE_FILE_MAX + 8192];
	const struct archive_file file = { "much.txt", { much, sizeof(much) } };
	struct err err;
	gzFile gz;

	memset(much, 'x', sizeof(much));
	make_folder();
	ASSERT_EQ(archive_write(path, &file, 1, 1, &err), 0);
	gz = gzopen(path, "rb");
	ASSERT_EQ(gzread(gz, content, sizeof(content)), ARCHIVE_FILE_MAX + 4 * 512);
	gzclose(gz);
	ASSERT_STR(content + 512 + ARCHIVE_FILE_MAX, "\n[the rest is left out]\n");
	remove_folder();
}

TEST(what_is_there_is_not_touched)
{
	const struct archive_file file = { "a.txt", TEXT("a") };
	struct stat st;
	struct err err;

	make_folder();
	ASSERT_EQ(symlink("elsewhere", path), 0);
	ASSERT_EQ(archive_write(path, &file, 1, 1, &err), -EEXIST);
	ASSERT_HAS(err.msg, "there is one already");
	ASSERT(!lstat(path, &st) && S_ISLNK(st.st_mode));
	unlink(path);
	close(open(path, O_WRONLY | O_CREAT, 0644));
	ASSERT_EQ(archive_write(path, &file, 1, 1, &err), -EEXIST);
	ASSERT(!stat(path, &st) && !st.st_size);
	ASSERT_EQ(archive_write("/nonexistent/a.tar.gz", &file, 1, 1, &err), -ENOENT);
	ASSERT_HAS(err.msg, "/nonexistent/a.tar.gz: ");
	remove_folder();
}

TEST(the_machine)
{
	char host[256] = "";
	struct buf out = { 0 };

	machine_describe(&out);
	ASSERT_HAS(out.data, "kernel: Linux ");
	ASSERT_HAS(out.data, "\nprocessors: ");
	ASSERT_HAS(out.data, "\n/etc/os-release: PRETTY_NAME=");
	ASSERT_HAS(out.data, "\n/proc/self/status: CapEff:");
	gethostname(host, sizeof(host) - 1);
	ASSERT(strlen(host) < 6 || !strstr(out.data, host));
	buf_fini(&out);
}
