// SPDX-License-Identifier: GPL-2.0-only
#include "sink/ca_file.h"

#include <errno.h>
#include <unistd.h>

#include "test.h"

static struct err err;

static bool has(const char *text)
{
	return ca_text_has_certificate((struct text){ text, strlen(text) });
}

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----\n"

TEST(certificates)
{
	ASSERT(has(BEGIN "\nMIIB\nab+/==\n" END));
	ASSERT(has("# a root\r\n" BEGIN "\r\nMIIB\r\n" END));
	ASSERT(has(
		"-----BEGIN TRUSTED CERTIFICATE-----\nMIIB\n-----END TRUSTED CERTIFICATE-----\n"));
	ASSERT(has("-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n" BEGIN
		   "\nMI\n" END));
	ASSERT(has(BEGIN "\n?\n" END BEGIN "\nMIIB\n" END));
}

TEST(others)
{
	static const char with_nul[] = BEGIN "\nMI\0IB\n" END;

	ASSERT(!ca_text_has_certificate((struct text){ NULL, 0 }));
	ASSERT(!has(""));
	ASSERT(!has("no certificate"));
	ASSERT(!has("-----BEGIN "));
	ASSERT(!has(BEGIN));
	ASSERT(!has(BEGIN "\nMIIB\n"));
	ASSERT(!has(BEGIN "\n" END));
	ASSERT(!has(BEGIN "\n<html>\n" END));
	ASSERT(!has("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"));
	/* A NUL is nothing that stands in one. */
	ASSERT(!ca_text_has_certificate((struct text){ with_nul, sizeof(with_nul) - 1 }));
}

TEST(files)
{
	char path[] = "/tmp/phrude-trace-unit-XXXXXX";
	int fd = mkstemp(path);

	ASSERT(fd >= 0);
	ASSERT_EQ(ca_file_check(path, &err), -EINVAL);
	ASSERT(strstr(err.msg, path) && strstr(err.msg, "no certificate"));
	ASSERT(dprintf(fd, BEGIN "\nMIIB\n" END) > 0);
	ASSERT_EQ(ca_file_check(path, &err), 0);
	close(fd);
	unlink(path);
	ASSERT_EQ(ca_file_check(path, &err), -ENOENT);
	ASSERT_EQ(ca_file_check("/tmp", &err), -EINVAL);
	ASSERT_EQ(ca_file_check("/dev/zero", &err), -EINVAL);
}
