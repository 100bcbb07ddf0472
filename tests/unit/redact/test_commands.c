// SPDX-License-Identifier: GPL-2.0-only
/* Passwords that only their place in a command tells, and what looks like them. */
#include "redact/commands.h"

#include "base/buf.h"
#include "base/util.h"
#include "test.h"

struct out {
	const char *text;
	size_t from;
	struct buf buf;
};

static void found(void *ctx, struct regex_span secret)
{
	struct out *out = ctx;

	if (secret.start < out->from || secret.end <= secret.start)
		abort();
	buf_add(&out->buf, out->text + out->from, secret.start - out->from);
	buf_adds(&out->buf, "#");
	out->from = secret.end;
}

/* With "#" for each. */
static const char *plain(const char *text)
{
	static struct out out;

	buf_reset(&out.buf);
	out.text = text;
	out.from = 0;
	commands_find((struct text){ text, strlen(text) }, found, &out);
	buf_adds(&out.buf, text + out.from);
	return out.buf.data;
}

TEST(secrets)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "mysql -pSECRET", "mysql -p#" },
		{ "mysql -uroot -pSECRET -h db shop", "mysql -uroot -p# -h db shop" },
		{ "/usr/bin/mysqldump -pSECRET shop > x", "/usr/bin/mysqldump -p# shop > x" },
		{ "mariadb-dump -p'a b' x", "mariadb-dump -p'#' x" },
		{ "sudo -u x mysql -pSECRET", "sudo -u x mysql -p#" },
		{ "docker exec -i db mysqladmin -pSECRET ping",
		  "docker exec -i db mysqladmin -p# ping" },
		{ "cd /x && LANG=C mysql -pSECRET; id", "cd /x && LANG=C mysql -p#; id" },
		{ "sh -c 'mysql -pSECRET'", "sh -c 'mysql -p#'" },
		{ "os.system(\"mysql -pSECRET\")", "os.system(\"mysql -p#\")" },
		{ "['mysql', '-pSECRET', 'shop']", "['mysql', '-p#', 'shop']" },
		{ "x=$(mysql -pSECRET)", "x=$(mysql -p#)" },
		{ "mysql \\\n -pSECRET", "mysql \\\n -p#" },
		{ "curl -u user:pass http://x", "curl -u user:# http://x" },
		{ "curl -uuser:pass http://x", "curl -uuser:# http://x" },
		{ "curl -sku user:pass http://x", "curl -sku user:# http://x" },
		{ "curl -u 'user:a b' x", "curl -u 'user:#' x" },
		{ "curl --user user:pass --proxy-user=a:b x",
		  "curl --user user:# --proxy-user=a:# x" },
		{ "curl -b 'sid=1; a=2' x", "curl -b '#' x" },
		{ "sshpass -p SECRET ssh h", "sshpass -p # ssh h" },
		{ "sshpass -pSECRET ssh h", "sshpass -p# ssh h" },
		{ "redis-cli -h x -a SECRET", "redis-cli -h x -a #" },
		{ "mongodump -u x -p SECRET", "mongodump -u x -p #" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT_STR(plain(cases[i].in), cases[i].out);
}

TEST(harmless)
{
	static const char *const cases[] = {
		"",
		"mysql",
		"mysql -p shop",
		"mysql -P3306",
		"mysql -u root",
		"find /var/lib/mysql -print",
		"find . -name 'mysql' -print",
		"find . -name mysql -print",
		"tar -pxzf mysql.tar",
		"tar -C mysql -pxzf x.tar",
		"mkdir -p /x",
		"mkdir -p mysql",
		"ssh -p2222 host",
		"ssh -p 2222 mysql.example",
		"cp -pr /var/lib/mysql /backup",
		"mysql < x; ls -print",
		"echo mysql && ls -pa",
		"apt install mysql -py",
		"curl -u user http://x",
		"curl -o a:b http://x:80/",
		"curl http://x -U",
		"curl -b jar.txt http://x",
		"sort -u a:b",
		"python -u app:main",
		"systemctl --user start a:b",
		"redis-cli -p 6379",
		"mongo -p --host x",
		"SELECT mysql FROM x WHERE a = -p1",
		"mysqlx.py -pa",
		"'''\"\"'\"",
		"curl -u '",
		"curl -u \"a",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT_STR(plain(cases[i]), cases[i]);
}

TEST(words)
{
	static const char *const words[] = { "/usr/bin/curl", "-s", "-u", "a:b c", "http://x:1" };
	struct command c = { 0 };
	struct regex_span secret;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct text word = { words[i], strlen(words[i]) };

		ASSERT_EQ(command_word(&c, word, &secret), i == 3);
	}
	ASSERT_EQ(secret.start, 2);
	ASSERT_EQ(secret.end, 5);
}
