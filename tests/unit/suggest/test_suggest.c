// SPDX-License-Identifier: GPL-2.0-only
/* What is proposed for recorded alerts, and that it is a rule file. */
#include "test.h"

#include <errno.h>

#include "suggest/suggest.h"
#include "rule/rule.h"

#define ALERT(rule, key, callers)                                                                \
	"{\"time\":\"2026-01-02T03:04:05Z\",\"rule\":{\"name\":\"" rule                          \
	"\",\"id\":null,\"level\":\"warn\",\"tags\":[]},"                                        \
	"\"function\":{\"name\":\"getenv\",\"qualname\":\"getenv\",\"file\":\"/l/os.py\","       \
	"\"module\":null},\"args\":{\"key\":\"" key "\",\"default\":null},\"callers\":[" callers \
	"]}"
#define FRAME(function, file) "{\"function\":\"" function "\",\"file\":\"" file "\",\"line\":1}"
#define LIBRARY FRAME("run", "/usr/lib/python3.11/subprocess.py")

static int add(struct suggest *s, const char *line, int times)
{
	int err = 0;

	while (times-- && !err)
		err = suggest_add(s, line, strlen(line));
	return err;
}

static int check(const struct buf *out, size_t *nr_rules)
{
	struct rule_set set = { 0 };
	_cleanup_buf_ struct buf messages = { 0 };
	int err = rule_set_parse("s.yaml", out->data, out->len, &set, &messages);

	if (messages.len)
		fprintf(stderr, "%s%s", out->data, messages.data);
	*nr_rules = set.nr_rules;
	rule_set_fini(&set);
	return err;
}

TEST(recurring)
{
	_cleanup_(suggest_freep) struct suggest *s = suggest_new();
	_cleanup_buf_ struct buf out = { 0 };
	size_t n;

	ASSERT_EQ(
		add(s, ALERT("Env \\\"x\\\"", "HOST", LIBRARY "," FRAME("conf", "/srv/app.py")), 4),
		0);
	ASSERT_EQ(
		add(s, ALERT("Env \\\"x\\\"", "PORT", LIBRARY "," FRAME("conf", "/srv/app.py")), 4),
		0);
	ASSERT_EQ(add(s, ALERT("Env \\\"x\\\"", "A", FRAME("rare", "/srv/app.py")), 2), 0);
	suggest_write(s, &out);
	ASSERT_HAS(out.data, "- name: \"Env \\\"x\\\"\"\n");
	ASSERT_HAS(out.data, "# 8 alerts from conf@/srv/app.py");
	ASSERT_HAS(out.data, "function: { exact: \"conf\" }");
	ASSERT_HAS(out.data, "- { exact: \"HOST\" }\n          - { exact: \"PORT\" }\n");
	ASSERT_HAS(out.data, "2 alerts from rare@/srv/app.py: not proposed, too few");
	ASSERT(!strstr(out.data, "default"));
	ASSERT_EQ(check(&out, &n), 0);
	ASSERT_EQ(n, 1);
}

TEST(beginnings)
{
	_cleanup_(suggest_freep) struct suggest *s = suggest_new();
	_cleanup_buf_ struct buf out = { 0 };
	size_t n;

	ASSERT_EQ(add(s, ALERT("a", "APP_é1", FRAME("f", "app.py")), 1), 0);
	ASSERT_EQ(add(s, ALERT("a", "APP_è2", FRAME("f", "app.py")), 1), 0);
	ASSERT_EQ(add(s, ALERT("a", "APP_X", FRAME("f", "app.py")), 1), 0);
	ASSERT_EQ(add(s, ALERT("b", "x", FRAME("g", "app.py")), 1), 0);
	ASSERT_EQ(add(s, ALERT("b", "y", FRAME("g", "app.py")), 1), 0);
	ASSERT_EQ(add(s, ALERT("b", "z", FRAME("g", "app.py")), 1), 0);
	suggest_write(s, &out);
	ASSERT_HAS(out.data, "{ prefix: \"APP_\" }");
	ASSERT_HAS(out.data, "# argument key varies\n");
	ASSERT_EQ(check(&out, &n), 0);
	ASSERT_EQ(n, 2);
}

/* A mark of this run's would fit nothing in the next one. */
TEST(what_was_taken_out)
{
	_cleanup_(suggest_freep) struct suggest *s = suggest_new();
	_cleanup_buf_ struct buf out = { 0 };
	size_t n;

	ASSERT_EQ(add(s, ALERT("a", "x [redacted:jwt:0badcafe]", FRAME("f", "app.py")), 9), 0);
	suggest_write(s, &out);
	ASSERT_HAS(out.data, "# 9 alerts from f@app.py");
	ASSERT(!strstr(out.data, "redacted"));
	ASSERT_EQ(check(&out, &n), 0);
	ASSERT_EQ(n, 1);
}

TEST(never_proposed)
{
	_cleanup_(suggest_freep) struct suggest *s = suggest_new();
	_cleanup_buf_ struct buf out = { 0 };

	ASSERT_EQ(
		add(s, ALERT("a", "k", FRAME("root", "<template>") "," FRAME("view", "app.py")), 9),
		0);
	ASSERT_EQ(add(s, ALERT("a", "k", FRAME("view", "app.py") "," FRAME("<module>", "<string>")),
		      9),
		  0);
	ASSERT_EQ(add(s, ALERT("a", "k", LIBRARY), 9), 0);
	suggest_write(s, &out);
	ASSERT(!strstr(out.data, "- name"));
	ASSERT_HAS(out.data, "9 alerts: not proposed, no function of the application");
}

TEST(hostile)
{
	_cleanup_(suggest_freep) struct suggest *s = suggest_new();
	_cleanup_buf_ struct buf out = { 0 };
	size_t n;

	ASSERT_EQ(add(s, "", 1), -EINVAL);
	ASSERT_EQ(add(s, "{}", 1), -EINVAL);
	ASSERT_EQ(add(s, "[1, 2", 1), -EINVAL);
	ASSERT_EQ(add(s, "{\"rule\":{\"name\":\"x\"},\"args\":[]}", 1), -EINVAL);
	ASSERT_EQ(add(s, ALERT("a\\n- b", "k\\n  evil: {", FRAME("f\\n#\\\"", "a\\n.py")), 5), 0);
	suggest_write(s, &out);
	ASSERT_EQ(check(&out, &n), 0);
	ASSERT_EQ(n, 1);
}
