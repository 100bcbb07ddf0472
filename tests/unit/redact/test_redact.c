// SPDX-License-Identifier: GPL-2.0-only
/* What is taken out of texts, and what is not. */
#include "redact/redact.h"

#include <errno.h>

#include "base/buf.h"
#include "base/util.h"
#include "test.h"

static const uint8_t key[REDACT_KEY_SIZE] = { 1, 2, 3 };
static struct arena arena;

static struct redact *make(bool defaults, const char *pattern)
{
	struct redact_opts opts = {
		.defaults = defaults,
		.patterns = &pattern,
		.nr_patterns = pattern ? 1 : 0,
		.key = key,
		.key_size = sizeof(key),
	};
	struct redact *r = NULL;
	struct err err;

	return redact_new(&opts, &r, &err) ? NULL : r;
}

/* What became of a text, with "<KIND>" for each mark; its hash is checked for its form. */
static const char *plain(struct text t)
{
	static const char mark[] = "[redacted:";
	static struct buf out;

	buf_reset(&out);
	buf_adds(&out, "");
	for (size_t i = 0; i < t.len; i++) {
		const char *s = t.s + i;
		const char *kind_end;

		if (t.len - i < sizeof(mark) || memcmp(s, mark, sizeof(mark) - 1) != 0) {
			buf_addc(&out, *s);
			continue;
		}
		s += sizeof(mark) - 1;
		kind_end = memchr(s, ':', t.len - (size_t)(s - t.s));
		if (!kind_end || kind_end + 9 >= t.s + t.len || kind_end[9] != ']' ||
		    strspn(kind_end + 1, "0123456789abcdef") != 8)
			return "a mark of another form";
		buf_printf(&out, "<%.*s>", (int)(kind_end - s), s);
		i = (size_t)(kind_end + 9 - t.s);
	}
	return out.data;
}

static const char *text(struct redact *r, const char *s, bool cut)
{
	return plain(redact_text(r, &arena, (struct text){ s, strlen(s) }, cut));
}

#define LETTERS20 "abcdefghij0123456789"
#define LETTERS40 LETTERS20 LETTERS20
#define HEX32 "0123456789abcdef0123456789abcdef"
#define HEADER "eyJhbGciOiJIUzI1NiJ9"
#define TOKEN HEADER ".eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4"

TEST(secrets)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "AKIAIOSFODNN7EXAMPLE", "<aws_key_id>" },
		{ "id=ASIAIOSFODNN7EXAMPLE;", "id=<aws_key_id>;" },
		{ "\\nAKIAIOSFODNN7EXAMPLE", "\\n<aws_key_id>" },
		{ "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
		  "aws_secret_access_key = <aws_secret>\n" },
		{ "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		  "AWS_SECRET_ACCESS_KEY=<aws_secret>" },
		{ "{\"SecretAccessKey\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"}",
		  "{\"SecretAccessKey\": \"<aws_secret>\"}" },
		{ "git clone ghp_" LETTERS40 " x", "git clone <github> x" },
		{ "gho_" LETTERS40, "<github>" },
		{ "ghs_" LETTERS40, "<github>" },
		{ "https://github_pat_11AAAAAAA_" LETTERS40 "@github.com",
		  "https://<github>@github.com" },
		{ "glpat-" LETTERS20 "/", "<gitlab>/" },
		{ "xoxb-123456789012-" LETTERS20, "<slack>" },
		{ "xoxe.xoxp-1-" LETTERS20, "<slack>" },
		{ "sk_live_" LETTERS20 "x", "<stripe>" },
		{ "?key=AIza" LETTERS20 "abcdefghij_-345", "?key=<google>" },
		{ "a " TOKEN " b", "a <jwt> b" },
		{ "\"\\n" TOKEN "\"", "\"\\n<jwt>\"" },
		{ "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc-d\n-----END RSA PRIVATE KEY-----\n",
		  "-----BEGIN RSA PRIVATE KEY-----<private_key>-----END RSA PRIVATE KEY-----\n" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
		  "-----BEGIN OPENSSH PRIVATE KEY-----<private_key>" },
		{ "psql postgresql://shop:hunter2@db:5432/shop",
		  "psql postgresql://shop:<url_password>@db:5432/shop" },
		{ "redis://:p@ss@cache", "redis://:<url_password>@cache" },
		{ "a=1&password=hunter2&b=2", "a=1&password=<password>&b=2" },
		{ "passwd=a%40b", "passwd=<password>" },
		{ "PWD=hunter2;UID=sa", "PWD=<password>;UID=sa" },
		{ "token=abc&api_key=def&secret=ghi&access-key=jkl",
		  "token=<password>&api_key=<password>&secret=<password>&access-key=<password>" },
		{ "{\"password\": \"a \\\"b\\\" c\", \"user\": \"x\"}",
		  "{\"password\": \"<password>\", \"user\": \"x\"}" },
		{ "{\\\"password\\\":\\\"abc\\\",\\\"user\\\":\\\"x\\\"}",
		  "{\\\"password\\\":\\\"<password>\\\",\\\"user\\\":\\\"x\\\"}" },
		{ "{'db_password': 'it\"s'}", "{'db_password': '<password>'}" },
		{ "SELECT * FROM u WHERE password = 'abc' OR '1'='1'",
		  "SELECT * FROM u WHERE password = '<password>' OR '1'='1'" },
		{ "mysql --password=abc -h db", "mysql --password=<password> -h db" },
		{ "mysql --password abc -h db", "mysql --password <password> -h db" },
		{ "x --db-password 'a b' y", "x --db-password '<password>' y" },
		{ "MYSQL_PWD=abc; id", "MYSQL_PWD=<password>; id" },
		{ "curl -H 'Authorization: Basic dXNlcjpwYXNz' http://x",
		  "curl -H 'Authorization: Basic <authorization>' http://x" },
		{ "authorization: Bearer abc", "authorization: Bearer <authorization>" },
		{ "X-Api-Key: abc\r\nHost: x", "X-Api-Key: <authorization>\r\nHost: x" },
		{ "Bearer " LETTERS20, "Bearer <authorization>" },
		{ "Basic dXNlcjpwYXNz", "Basic <authorization>" },
		{ "password=ghp_" LETTERS40, "password=<github>" },
		{ "hf_" LETTERS20 "abcdefghij0123", "<huggingface>" },
		{ "//registry.npmjs.org/:_authToken=npm_" LETTERS20 "abcdefghij012345",
		  "//registry.npmjs.org/:_authToken=<npm>" },
		{ "pypi-AgEIcHlwaS5vcmc" LETTERS40 " x", "<pypi> x" },
		{ "dop_v1_" HEX32 HEX32, "<digitalocean>" },
		{ "SG." LETTERS20 "ab." LETTERS40 "abc.", "<sendgrid>." },
		{ "gldt-" LETTERS20, "<gitlab>" },
		{ "curl https://hooks.slack.com/services/T0000/B0000/" LETTERS20,
		  "curl https://hooks.slack.com/services/<slack>" },
		{ "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" LETTERS40
		  "ab==;EndpointSuffix=y",
		  "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=<azure>;"
		  "EndpointSuffix=y" },
		{ "https://x.blob.core.windows.net/c?sv=2022&sig=" LETTERS40 "%3D",
		  "https://x.blob.core.windows.net/c?sv=2022&sig=<azure>" },
		{ "sid=SK" HEX32, "sid=<twilio>" },
		{ "TWILIO_AUTH_TOKEN=" HEX32, "TWILIO_AUTH_TOKEN=<password>" },
		{ "https://api.telegram.org/bot123456789:AA" LETTERS20 "abcdefghij012/getMe",
		  "https://api.telegram.org/bot<telegram>/getMe" },
		{ "GET / HTTP/1.1\r\nCookie: sid=abc; lang=de\r\nHost: x",
		  "GET / HTTP/1.1\r\nCookie: <cookie>\r\nHost: x" },
		{ "curl -H 'Cookie: sid=abc; x=y' http://x",
		  "curl -H 'Cookie: <cookie>' http://x" },
		{ "{\"Cookie\": \"sid=abc\", \"Host\": \"x\"}",
		  "{\"Cookie\": \"<cookie>\", \"Host\": \"x\"}" },
		{ "Set-Cookie: sid=abc; Path=/; HttpOnly",
		  "Set-Cookie: sid=<cookie>; Path=/; HttpOnly" },
		{ "Proxy-Authorization: Basic dXNlcjpwYXNz",
		  "Proxy-Authorization: Basic <authorization>" },
		{ "a=1&next=%2F%3Fpassword%3Dsecret%26x%3D1",
		  "a=1&next=%2F%3Fpassword%3D<password>%26x%3D1" },
		{ "%7B%22password%22%3A%22secret%22%7D",
		  "%7B%22password%22%3A%22<password>%22%7D" },
		{ "x=api_key%253dabc&y", "x=api_key%253d<password>&y" },
		{ "db:\n  user: shop\n  password: correcthorse\n  port: 3306\n",
		  "db:\n  user: shop\n  password: <password>\n  port: 3306\n" },
		{ "db.password: hunter # ours\r\n", "db.password: <password> # ours\r\n" },
		{ "- token: abcdef", "- token: <password>" },
		{ "login with user: x, password: hunter2, from 10.0.0.1",
		  "login with user: x, password: <password>, from 10.0.0.1" },
		{ "{password: p@ssword}", "{password: <password>}" },
		{ "PGPASSWORD=abc psql -h db", "PGPASSWORD=<password> psql -h db" },
		{ "mysqldump --password=abc db", "mysqldump --password=<password> db" },
		{ "x --token abc y", "x --token <password> y" },
	};
	struct redact *r = make(true, NULL);

	ASSERT(r);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT_STR(text(r, cases[i].in, false), cases[i].out);
	ASSERT_EQ(redact_count_unread(r), 0);
	redact_free(r);
	arena_fini(&arena);
}

TEST(harmless)
{
	static const char *const cases[] = {
		"",
		"id; uname -a",
		"c856169f3d1b2a4e5f60718293a4b5c6d7e8f901",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"123e4567-e89b-12d3-a456-426614174000",
		"aGVsbG8gd29ybGQsIHRoaXMgaXMgb3JkaW5hcnkgYmFzZTY0IHRleHQ=",
		"/usr/lib/python3.11/site-packages/flask/app.py",
		"/home/user/passwords.txt",
		"/etc/passwd",
		"cat /etc/passwd | grep root",
		"PWD=/home/user",
		"OLDPWD=/",
		"http://localhost:8080/a@b",
		"https://example.org/?next=http://a.example:80/&x=a@b",
		"git@github.com:owner/name.git",
		"password",
		"password=",
		"password=&user=x",
		"password: required",
		"bypass=1",
		"SELECT password FROM users WHERE password = %s AND token=%s",
		"if token==other:",
		"f(password=None, token=False)",
		"Basic training",
		"basic authentication",
		"Bearer of news",
		"the token is invalid",
		"--password --user x",
		"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
		"-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
		"eyJhbGciOiJIUzI1NiJ9",
		"hf_hub_download",
		"shelf_" LETTERS40,
		"npm_config_registry=https://registry.npmjs.org",
		"pypi-mirror",
		"dop_v1_short",
		"msg.append(x)",
		"SG.x.y",
		"https://slack.com/services",
		"hooks.slack.com",
		"AccountName=storage",
		"?sig=short",
		"task5 asked",
		"SKU-0123456789",
		"DISK" HEX32,
		"12:AA:BB:CC:DD:EE:FF",
		"2001:db8::aa",
		"Cookie: accept",
		"Cookie policy: x=y",
		"cookies are good",
		"password%3D",
		"password%20required",
		"page%3D2",
		"password: %s",
		"password: ${DB_PASSWORD}",
		"password: $DB_PASSWORD",
		"password: ********",
		"password: str = None",
		"def f(password: str, token: Optional[str] = None):",
		"token: /run/secrets/token",
		"pass: 12, fail: 3",
		"max_token: 512",
		"wrong password: try again",
		"Enter password: ",
		"std::token::x1",
		"access-key: see the manual",
		"xoxo",
		"AKIA",
		"ghp_short",
		"sk_test_" LETTERS20,
		"\xff\xfe\x80",
		"日本語のテキスト",
	};
	struct redact *r = make(true, NULL);

	ASSERT(r);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_STR(text(r, cases[i], false), cases[i]);
		/* Nothing was copied. */
		ASSERT_EQ(arena.used, 0);
	}
	ASSERT_EQ(redact_count(r), 0);
	redact_free(r);
	arena_fini(&arena);
}

TEST(whose_end_is_missing)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "x ghp_abcdef", "x <github>" },
		{ "AKIAIOSF", "<aws_key_id>" },
		{ "a " HEADER ".eyJz", "a <jwt>" },
		{ "-----BEGIN PRIVATE KEY-----MIIE", "-----BEGIN PRIVATE KEY-----<private_key>" },
		{ "postgres://shop:hunt", "postgres://shop:<url_password>" },
		{ "mysql --password hu", "mysql --password <password>" },
		{ "password='hu", "password='<password>" },
		{ "Authorization: Basic dX", "Authorization: Basic <authorization>" },
		{ "http://example.org/path", "http://example.org/path" },
		{ "http://exampl", "http://exampl" },
		{ "ordinary text", "ordinary text" },
		{ "password", "password" },
	};
	struct redact *r = make(true, NULL);

	ASSERT(r);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT_STR(text(r, cases[i].in, true), cases[i].out);
	redact_free(r);
	arena_fini(&arena);
}

TEST(equal_secrets_are_seen_as_equal)
{
	struct redact *r = make(true, NULL), *other;
	struct redact_opts opts = { .defaults = true,
				    .key = (const uint8_t[REDACT_KEY_SIZE]){ 4 },
				    .key_size = REDACT_KEY_SIZE };
	struct text a, b, c, d;
	struct err err;

	a = redact_text(r, &arena, (struct text)TEXT("password=one"), false);
	b = redact_text(r, &arena, (struct text)TEXT("password=one"), false);
	c = redact_text(r, &arena, (struct text)TEXT("password=two"), false);
	ASSERT(text_eq(a, b));
	ASSERT(!text_eq(a, c));
	ASSERT_EQ(redact_count(r), 3);
	/* Of another run nothing is said. */
	ASSERT_EQ(redact_new(&opts, &other, &err), 0);
	d = redact_text(other, &arena, (struct text)TEXT("password=one"), false);
	ASSERT(!text_eq(a, d));
	redact_free(other);
	redact_free(r);
	arena_fini(&arena);
}

TEST(patterns_of_the_user)
{
	struct redact *r = make(false, "(?i)x-internal-([a-z]+)");
	struct redact *none = make(false, NULL), *empty = make(false, "x*");

	ASSERT_STR(text(r, "a X-Internal-Name, password=x", false),
		   "a X-Internal-<pattern>, password=x");
	ASSERT_STR(text(r, "a x-inter", true), "a <pattern>");
	ASSERT_STR(text(none, "password=x ghp_" LETTERS40, false), "password=x ghp_" LETTERS40);
	ASSERT_STR(text(empty,
			"aé\xff"
			"xx",
			false),
		   "aé\xff<pattern>");
	ASSERT(!make(true, "("));
	redact_free(r);
	redact_free(none);
	redact_free(empty);
	arena_fini(&arena);
}

TEST(what_is_not_searched_is_taken_out)
{
	struct redact *r = make(true, "(?:a+)+[bd]");
	struct arena small = { .limit = 8 };
	_cleanup_buf_ struct buf many = { 0 };

	ASSERT_STR(text(r, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false), "<unread>");
	ASSERT_EQ(redact_count_unread(r), 1);
	for (int i = 0; i < 100; i++)
		buf_adds(&many, "pwd=x ");
	ASSERT_STR(text(r, many.data, false), "<unread>");
	ASSERT_EQ(redact_count_unread(r), 2);
	ASSERT_STR(plain(redact_text(r, &small, (struct text)TEXT("pwd=hunter2"), false)),
		   "[redacted]");
	ASSERT_EQ(redact_count_unread(r), 3);
	redact_free(r);
	arena_fini(&arena);
	arena_fini(&small);
}
