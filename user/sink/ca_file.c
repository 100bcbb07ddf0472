// SPDX-License-Identifier: GPL-2.0-only
#include "sink/ca_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"

/* All of the world's are some hundred KiB. */
#define SIZE_MAX_ ((size_t)16 * 1024 * 1024)

static const char begin[] = "-----BEGIN ", end[] = "-----END ";

static bool is_base64(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=';
}

/* Behind the words of the first line: are there lines of base64, and then the last one? */
static bool has_body(struct text text)
{
	size_t digits = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.len - i >= strlen(end) && !memcmp(text.s + i, end, strlen(end)))
			return digits > 0;
		if (is_base64(text.s[i]))
			digits++;
		else if (!isspace((unsigned char)text.s[i]))
			return false;
	}
	return false;
}

bool ca_text_has_certificate(struct text text)
{
	static const char *const kinds[] = { "CERTIFICATE-----", "TRUSTED CERTIFICATE-----",
					     "X509 CERTIFICATE-----" };
	const char *at = text.s, *last = text.s + text.len;

	while (text.len && (at = memmem(at, (size_t)(last - at), begin, strlen(begin)))) {
		at += strlen(begin);
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			size_t len = strlen(kinds[i]), left = (size_t)(last - at);

			if (left > len && !memcmp(at, kinds[i], len) &&
			    has_body((struct text){ at + len, left - len }))
				return true;
		}
	}
	return false;
}

static int read_all(int fd, struct buf *out, struct err *err)
{
	char part[65536];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0) {
		buf_add(out, part, (size_t)n);
		if (out->failed)
			return err_set(err, -ENOMEM, "out of memory");
		if (out->len > SIZE_MAX_)
			return err_set(err, -EFBIG, "it is larger than %zu MiB", SIZE_MAX_ >> 20);
	}
	return n < 0 ? err_set(err, -errno, "%s", strerror(errno)) : 0;
}

int ca_file_check(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_buf_ struct buf text = { 0 };
	struct stat st;
	int ret = 0;

	if (fd < 0 || fstat(fd, &st))
		ret = err_set(err, -errno, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		ret = err_set(err, -EINVAL, "it is no regular file");
	else
		ret = read_all(fd, &text, err);
	if (!ret && !ca_text_has_certificate((struct text){ text.data, text.len }))
		ret = err_set(err, -EINVAL, "there is no certificate in it (PEM)");
	return ret ? err_prefix(err, ret, "ca_file %s", path) : 0;
}
