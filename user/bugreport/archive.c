// SPDX-License-Identifier: GPL-2.0-only
#include "bugreport/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/out_file.h"
#include "base/util.h"

static const char cut[] = "\n[the rest is left out]\n";

/* As POSIX has it: text that ends in NUL, numbers in octal. */
struct head {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct head) == ARCHIVE_HEAD_SIZE, "a block of tar has 512 bytes");

void archive_head(char out[ARCHIVE_HEAD_SIZE], const char *name, size_t size, int64_t time_s)
{
	struct head h = { .type = '0', .magic = "ustar", .version = { '0', '0' } };
	unsigned int sum = 0;

	snprintf(h.name, sizeof(h.name), "%s", name);
	strcpy(h.mode, "0000600");
	strcpy(h.uid, "0000000");
	strcpy(h.gid, "0000000");
	snprintf(h.size, sizeof(h.size), "%011zo", size & 077777777777);
	snprintf(h.mtime, sizeof(h.mtime), "%011llo", (unsigned long long)time_s & 077777777777ULL);
	/* Of the block with blanks in the place of the sum. */
	memset(h.checksum, ' ', sizeof(h.checksum));
	memcpy(out, &h, sizeof(h));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)out[i];
	snprintf(h.checksum, sizeof(h.checksum), "%06o", sum & 0777777);
	memcpy(out, &h, sizeof(h));
}

static bool put(gzFile gz, const void *data, size_t len)
{
	return !len || gzwrite(gz, data, (unsigned int)len) == (int)len;
}

static bool put_file(gzFile gz, const struct archive_file *file, int64_t time_s)
{
	static const char zeros[ARCHIVE_HEAD_SIZE];
	size_t len = MIN(file->content.len, ARCHIVE_FILE_MAX);
	size_t more = len < file->content.len ? strlen(cut) : 0;
	char head[ARCHIVE_HEAD_SIZE];

	archive_head(head, file->name, len + more, time_s);
	return put(gz, head, sizeof(head)) && put(gz, file->content.s, len) && put(gz, cut, more) &&
	       put(gz, zeros, -(len + more) % sizeof(zeros));
}

/* Takes over the descriptor. */
static int fill(int fd, const struct archive_file *files, size_t nr_files, int64_t time_s)
{
	static const char end[2 * ARCHIVE_HEAD_SIZE];
	gzFile gz = gzdopen(fd, "wb9");
	bool whole = gz != NULL;

	if (!gz) {
		close(fd);
		return -ENOMEM;
	}
	errno = 0;
	for (size_t i = 0; i < nr_files && whole; i++)
		whole = put_file(gz, &files[i], time_s);
	whole = whole && put(gz, end, sizeof(end));
	whole = gzclose(gz) == Z_OK && whole;
	return whole ? 0 : errno ? -errno : -EIO;
}

int archive_write(const char *path, const struct archive_file *files, size_t nr_files,
		  int64_t time_s, struct err *err)
{
	char name[NAME_MAX + 1];
	_cleanup_close_ int folder = out_file_folder(path, name, err);
	int fd, ret;

	if (folder < 0)
		return err_prefix(err, folder, "%s", path);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, -errno, "%s: cannot be made: %s", path,
			       errno == EEXIST ? "there is one already" : strerror(errno));
	ret = fill(fd, files, nr_files, time_s);
	if (!ret)
		return 0;
	unlinkat(folder, name, 0);
	return err_set(err, ret, "%s: cannot be written: %s", path, strerror(-ret));
}
