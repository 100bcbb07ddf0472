// SPDX-License-Identifier: GPL-2.0-only
#include "base/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/trust.h"

#define FILE_MAX_ ((size_t)64 * 1024)

static int check_mode(const struct stat *st, bool secret, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, -EINVAL, "it is no regular file");
	if (!trust_owner(st->st_uid))
		return err_set(err, -EPERM, "it belongs to user %u", st->st_uid);
	if (trust_others_write(st))
		return err_set(err, -EPERM, "others can write it (mode %04o): chmod 600 it",
			       st->st_mode & 07777);
	if (secret && st->st_mode & (S_IRGRP | S_IROTH))
		return err_set(err, -EPERM, "others can read it (mode %04o): chmod 600 it",
			       st->st_mode & 07777);
	return 0;
}

static int read_all(int fd, bool secret, struct buf *out, struct err *err)
{
	char piece[4096];
	struct stat st;
	ssize_t n;
	int ret;

	if (fstat(fd, &st))
		return err_set(err, -errno, "%s", strerror(errno));
	ret = check_mode(&st, secret, err);
	if (ret)
		return ret;
	while ((n = read(fd, piece, sizeof(piece))) > 0 && out->len <= FILE_MAX_)
		buf_add(out, piece, (size_t)n);
	if (n < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (out->len > FILE_MAX_)
		return err_set(err, -EFBIG, "it has more than 64 KiB");
	return out->failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}

int secret_file_read(const char *path, bool secret, struct buf *out, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int ret = fd < 0 ? err_set(err, -errno, "%s", strerror(errno))
			 : read_all(fd, secret, out, err);

	return ret ? err_prefix(err, ret, "%s", path) : 0;
}
