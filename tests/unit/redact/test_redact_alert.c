// SPDX-License-Identifier: GPL-2.0-only
/* Where secrets are looked for in an alert, and what is one by its name. */
#include "redact/redact.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/util.h"
#include "test.h"

#define STR(s)                                     \
	{                                          \
		.type = VALUE_STR, .text = TEXT(s) \
	}
#define SEQ(t, ...)                                                         \
	{                                                                   \
		.type = (t), .seq.items = (struct value[]){ __VA_ARGS__ },  \
		.seq.count = ARRAY_SIZE(((struct value[]){ __VA_ARGS__ })), \
	}

static struct arena arena;
static struct buf out;

static struct redact *make(void)
{
	static const uint8_t key[REDACT_KEY_SIZE];
	struct redact_opts opts = { .defaults = true, .key = key, .key_size = sizeof(key) };
	struct redact *r = NULL;
	struct err err;

	return redact_new(&opts, &r, &err) ? NULL : r;
}

/* The text with "#" for each mark. */
static const char *plain(const char *s)
{
	static char copy[4096];
	size_t n = 0;

	while (*s && n < sizeof(copy) - 1) {
		if (str_starts(s, "[redacted:")) {
			copy[n++] = '#';
			s = strchr(s, ']') + 1;
		} else {
			copy[n++] = *s++;
		}
	}
	copy[n] = '\0';
	return copy;
}

static const char *value(struct redact *r, const char *name, struct value v)
{
	struct value done = redact_value(r, &arena, (struct text){ name, strlen(name) }, &v);

	buf_reset(&out);
	value_repr(&out, &done);
	return plain(out.data);
}

TEST(values)
{
	struct redact *r = make();
	struct value words = SEQ(VALUE_LIST, STR("mysql"), STR("--password"), STR("x"), STR("-h"));
	struct value command = SEQ(VALUE_TUPLE, STR("sudo"), STR("mysql"), STR("-uroot"),
				   STR("-psecret"), STR("-h"));
	struct value find = SEQ(VALUE_LIST, STR("find"), STR("mysql"), STR("-print"));
	struct value cookies = SEQ(VALUE_DICT, STR("sid"), STR("abc"), STR("lang"), STR("de"));
	struct value dict = SEQ(VALUE_DICT, STR("DB_PASSWORD"), STR("x"), STR("PWD"), STR("/home"),
				STR("TERM"), STR("token=x"));
	struct value headers = SEQ(VALUE_LIST, SEQ(VALUE_TUPLE, STR("Authorization"), STR("x")),
				   SEQ(VALUE_TUPLE, STR("Host"), STR("y")));
	struct value bytes = { .type = VALUE_BYTES, .text = TEXT("\xff pwd=\xfe\x80 z") };
	struct value set = SEQ(VALUE_SET, STR("a"), STR("https://u:p@h/"));

	ASSERT_STR(value(r, "cmd", words), "['mysql', '--password', '#', '-h']");
	ASSERT_STR(value(r, "cmd", command), "('sudo', 'mysql', '-uroot', '-p#', '-h')");
	ASSERT_STR(value(r, "cmd", find), "['find', 'mysql', '-print']");
	ASSERT_STR(value(r, "cookies", cookies), "{'sid': '#', 'lang': '#'}");
	ASSERT_STR(value(r, "x", cookies), "{'sid': 'abc', 'lang': 'de'}");
	ASSERT_STR(value(r, "HTTP_COOKIE", (struct value)STR("a=b")), "'#'");
	ASSERT_STR(value(r, "session_id", (struct value)STR("x")), "'#'");
	ASSERT_STR(value(r, "env", dict),
		   "{'DB_PASSWORD': '#', 'PWD': '/home', 'TERM': 'token=#'}");
	ASSERT_STR(value(r, "headers", headers), "[('Authorization', '#'), ('Host', 'y')]");
	ASSERT_STR(value(r, "x", bytes), "b'\\xff pwd=# z'");
	ASSERT_STR(value(r, "x", set), "{'a', 'https://u:#@h/'}");
	ASSERT_STR(value(r, "password", (struct value)STR("x")), "'#'");
	ASSERT_STR(value(r, "PWD", (struct value)STR("x")), "'#'");
	ASSERT_STR(value(r, "dbPassword", (struct value)STR("x")), "'#'");
	ASSERT_STR(value(r, "keyword", (struct value)STR("x")), "'x'");
	ASSERT_STR(value(r, "tokens", (struct value)STR("x")), "'x'");
	ASSERT_STR(value(r, "bypass", (struct value)STR("x")), "'x'");
	ASSERT_STR(value(r, "password", (struct value){ .type = VALUE_NONE }), "None");
	/* What was given is what rules see. */
	ASSERT(text_eq_str(words.seq.items[2].text, "x"));
	redact_free(r);
	arena_fini(&arena);
}

TEST(an_alert)
{
	static const char *const cmdline[] = { "python3",	"--token",	"abc", "x.py",
					       "redis://:pw@h", "password=hu…", NULL };
	struct redact *r = make();
	struct event_arg args[] = { { TEXT("cmd"), STR("mysql -h db --password abc") },
				    { TEXT("secret"), STR("abc") } };
	struct event event = { .args = args, .nr_args = 2 };
	struct alert_request request = { .query = "id=1&token=abc",
					 .path = "/x",
					 .user_agent = "x/1 Bearer abcdefghijklmnop" };
	struct input_found input = { .source = INPUT_FROM_QUERY,
				     .name = TEXT("token"),
				     .value = TEXT("abc"),
				     .arg = TEXT("cmd") };
	struct rule rule = { .name = "n" };
	struct alert alert = { .host = "h",
			       .rule = &rule,
			       .event = &event,
			       .request = &request,
			       .input = &input,
			       .probe = "usdt",
			       .action = "detect",
			       .process = { .cmdline = cmdline, .nr_cmdline = 6 } };
	struct redacted done;
	const struct alert *a = redact_alert(r, &arena, &alert, &done);

	ASSERT(redact_alert(NULL, &arena, &alert, &done) == &alert);
	a = redact_alert(r, &arena, &alert, &done);
	buf_reset(&out);
	alert_json(&out, a);
	ASSERT(!strstr(out.data, "abc") && !strstr(out.data, "pw@") && !strstr(out.data, "hu…"));
	ASSERT(strstr(plain(out.data), "\"args\":{\"cmd\":\"mysql -h db --password #\","
				       "\"secret\":\"#\"}"));
	ASSERT(strstr(plain(out.data), "\"query\":\"id=1&token=#\""));
	ASSERT(strstr(plain(out.data), "\"user_agent\":\"x/1 Bearer #\""));
	ASSERT(strstr(plain(out.data), "\"value\":\"#\",\"arg\":\"cmd\""));
	ASSERT(strstr(plain(out.data), "\"cmdline\":[\"python3\",\"--token\",\"#\",\"x.py\","
				       "\"redis://:#@h\",\"password=#…\"]"));
	input = (struct input_found){ INPUT_FROM_JSON, TEXT("user.password"), TEXT("abc"),
				      TEXT("cmd") };
	a = redact_alert(r, &arena, &alert, &done);
	ASSERT(!memmem(a->input->value.s, a->input->value.len, "abc", 3));
	input = (struct input_found){ INPUT_FROM_BODY,
				      { NULL, 0 },
				      TEXT("{\"user\": \"x\", \"password\": \"abc\"}"),
				      TEXT("cmd") };
	a = redact_alert(r, &arena, &alert, &done);
	ASSERT(memmem(a->input->value.s, a->input->value.len, "user", 4));
	ASSERT(!memmem(a->input->value.s, a->input->value.len, "abc", 3));
	/* As it was: the next rule goes by it. */
	ASSERT_STR(request.query, "id=1&token=abc");
	ASSERT(text_eq_str(args[1].value.text, "abc"));
	redact_free(r);
	arena_fini(&arena);
	buf_fini(&out);
}

TEST(where_there_is_no_memory)
{
	struct redact *r = make();
	struct arena none = { .limit = 1 };
	struct event_arg args[] = { { TEXT("cmd"), STR("abc") } };
	struct event event = { .args = args, .nr_args = 1 };
	const char *const cmdline[] = { "token=abc" };
	struct rule rule = { .name = "n" };
	struct alert alert = { .rule = &rule,
			       .event = &event,
			       .process = { .cmdline = cmdline, .nr_cmdline = 1 } };
	struct redacted done;
	const struct alert *a = redact_alert(r, &none, &alert, &done);

	ASSERT_EQ(a->event->nr_args, 0);
	ASSERT(alert_is_truncated(a));
	ASSERT_EQ(a->process.nr_cmdline, 0);
	ASSERT_EQ(redact_count_unread(r), 2);
	redact_free(r);
	arena_fini(&none);
}

/* Whatever an alert has: what there was no time for is taken out. */
TEST(time_is_bounded)
{
	static const uint8_t key[REDACT_KEY_SIZE];
	static const char *const pattern = "(?:a+)+[bd]";
	struct redact_opts opts = { .defaults = true,
				    .patterns = &pattern,
				    .nr_patterns = 1,
				    .key = key,
				    .key_size = sizeof(key) };
	struct event_arg args[2000];
	struct event event = { .args = args, .nr_args = ARRAY_SIZE(args) };
	struct alert alert = { .event = &event };
	struct redacted done;
	struct redact *r;
	struct err err;
	int64_t start;

	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		args[i] = (struct event_arg){ .name = TEXT("x"),
					      .value = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac") };
	args[ARRAY_SIZE(args) - 1].value.text = (struct text)TEXT("ordinary");
	ASSERT_EQ(redact_new(&opts, &r, &err), 0);
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	redact_alert(r, &arena, &alert, &done);
	/* Each of them alone is given up after some milliseconds, under a sanitizer some more. */
	ASSERT((clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / NSEC_PER_MSEC < 1000);
	ASSERT_EQ(redact_count_unread(r), ARRAY_SIZE(args));
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		ASSERT(memcmp(done.event.args[i].value.text.s, TEXT("[redacted:unread:").s, 17) ==
		       0);
	/* The next alert has a time of its own. */
	event.nr_args = 1;
	args[0].value.text = (struct text)TEXT("ordinary");
	redact_alert(r, &arena, &alert, &done);
	ASSERT_EQ(done.event.args[0].value.text.len, strlen("ordinary"));
	redact_free(r);
	arena_fini(&arena);
}
