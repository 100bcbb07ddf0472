// SPDX-License-Identifier: GPL-2.0-only
/* What is posted, and with which headers; that it arrives is for the end-to-end tests. */
#include "alert/sample.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/http_body.h"
#include "sink/http_headers.h"
#include "base/secret_file.h"
#include "sink/template.h"

static struct sample sample;
static struct buf out, scratch;
static struct err err;

static const char *body(enum http_way way, unsigned int form, size_t n, const char *template)
{
	struct http_shape shape = { way, template };
	struct written *w = written_make(form, &sample.alert, &scratch);
	struct written *list[4] = { w, w, w, w };

	if (http_body_make(&shape, list, n, &out))
		abort();
	written_unref(w);
	buf_fini(&scratch);
	return out.data;
}

static int members(const char *text, const char *key)
{
	cJSON *json = cJSON_Parse(text);
	int n = json ? cJSON_GetArraySize(key ? cJSON_GetObjectItem(json, key) : json) : -1;

	cJSON_Delete(json);
	return n;
}

TEST(bodies)
{
	sample_init(&sample);
	ASSERT_EQ(members(body(HTTP_ARRAY, WRITTEN_ECS, 3, NULL), NULL), 3);
	ASSERT_EQ(members(body(HTTP_ARRAY, WRITTEN_JSON, 1, NULL), NULL), 1);
	ASSERT_EQ(members(body(HTTP_OTLP, WRITTEN_OTLP, 4, NULL), "resourceLogs"), 4);
	ASSERT_EQ(members(body(HTTP_OTLP, WRITTEN_OTLP, 1, NULL), "resourceLogs"), 1);
	ASSERT(str_starts(body(HTTP_LINES, WRITTEN_CEF, 2, NULL), "CEF:0|"));
	ASSERT_HAS(strchr(out.data, '\n'), "CEF:0|");
	ASSERT_EQ(members(body(HTTP_SLACK, WRITTEN_JSON, 2, NULL), NULL), 1);
	buf_fini(&out);
}

TEST(templates)
{
	static const struct {
		const char *template, *made;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{\"t\":\"{{rule.name}}\"}", "{\"t\":\"Access to Environment Variable\"}" },
		{ "{{ rule.level }}/{{process.pid}}/{{truncated}}", "warn/1234/false" },
		{ "{{args.key|json}} {{args.nothing|json}} {{args.nothing}}.",
		  "\"a\\n\\\"<&>\" null ." },
		{ "{{args.key}}", "a\\n\\\"<&>" },
		{ "{{args.key|slack}}", "a\\n\\\"&lt;&amp;&gt;" },
		{ "{{callers.0.file}} {{callers.9.file}}", "/srv/runtime.py " },
		{ "{{rule.tags|json}}", "[\"attack.T1059.006\",\"CWE-78\"]" },
		{ "{{rule.tags}}", "[\\\"attack.T1059.006\\\",\\\"CWE-78\\\"]" },
		{ "}} { }{{id}}", "}} { }019b7ca9-8f2e-7e6b-8123-456789abcdef" },
		{ "{{args.default|json}}", "\"\\\\ud800 \xf0\x9f\x98\x80\"" },
	};

	sample_init(&sample);
	sample.args[0].value = str_value(TEXT("a\n\"<&>"));
	sample.args[1].value = str_value(TEXT("\xed\xa0\x80 \xf0\x9f\x98\x80"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(template_check(cases[i].template, &err), 0);
		ASSERT_STR(body(HTTP_TEMPLATE, WRITTEN_JSON, 1, cases[i].template), cases[i].made);
	}
	buf_fini(&out);
}

TEST(mistakes_of_templates)
{
	static const struct {
		const char *template, *said;
	} cases[] = {
		{ "{{rule", "line 1: {{ has no }}" },
		{ "a\n\n{{rulez.name}}", "line 3: an alert has no `rulez.name`" },
		{ "{{}}", "names nothing" },
		{ "{{id}}\n{{id|html}}", "line 2: `|html` is neither" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(template_check(cases[i].template, &err), -EINVAL);
		ASSERT_HAS(err.msg, cases[i].said);
	}
	ASSERT_EQ(template_expand("{{id}}", TEXT("no alert"), &out), -EINVAL);
	buf_fini(&out);
}

TEST(urls)
{
	static const char *const good[] = { "https://h", "http://127.0.0.1:8600/x?y=1",
					    "https://[::1]:5/" };
	static const char *const bad[] = { "",
					   "h",
					   "ftp://h",
					   "https://",
					   "https:///x",
					   "https://u:p@h/",
					   "https://h/a b",
					   "https://h/\n",
					   "https://h/\xc3\xa9" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ASSERT_EQ(http_url_check(good[i], &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT_EQ(http_url_check(bad[i], &err), -EINVAL);
	ASSERT_EQ(http_url_shown("https://hooks.example/services/SECRET"),
		  (int)strlen("https://hooks.example"));
	ASSERT(http_url_is_local("http://127.0.0.1:1/") && http_url_is_local("http://localhost"));
	ASSERT(!http_url_is_local("http://localhost.evil/"));
}

static int note(void *ctx, const char *line)
{
	buf_adds(ctx, line);
	buf_addc(ctx, '|');
	return 0;
}

TEST(headers)
{
	char good[] = "# secret\n\nX-Key: a b\r\nAuthorization: Bearer x  \n",
	     bad[] = "A: b\nno header\n", forged[] = "A: b\x01\n";

	ASSERT_EQ(http_headers_read(good, note, &out, &err), 0);
	ASSERT_STR(out.data, "X-Key: a b|Authorization: Bearer x|");
	ASSERT_EQ(http_headers_read(bad, note, &out, &err), -EINVAL);
	ASSERT_HAS(err.msg, "line 2");
	ASSERT_EQ(http_headers_read(forged, note, &out, &err), -EINVAL);
	buf_fini(&out);
}

TEST(secrets_are_nobody_elses)
{
	char path[] = "/tmp/phrude-trace-unit-XXXXXX";
	int fd = mkstemp(path);

	ASSERT(fd >= 0 && write(fd, "secret", 6) == 6);
	ASSERT_EQ(secret_file_read(path, true, &out, &err), 0);
	ASSERT_STR(out.data, "secret");
	fchmod(fd, 0644);
	ASSERT_EQ(secret_file_read(path, true, &out, &err), -EPERM);
	ASSERT_HAS(err.msg, "others can read it");
	ASSERT_EQ(secret_file_read(path, false, &out, &err), 0);
	fchmod(fd, 0666);
	ASSERT_EQ(secret_file_read(path, false, &out, &err), -EPERM);
	ASSERT_HAS(err.msg, "others can write it");
	fchmod(fd, 0600);
	ASSERT_EQ(ftruncate(fd, 70000), 0);
	ASSERT_EQ(secret_file_read(path, true, &out, &err), -EFBIG);
	unlink(path);
	ASSERT_EQ(secret_file_read(path, true, &out, &err), -ENOENT);
	ASSERT_EQ(secret_file_read("/dev/null", true, &out, &err), -EINVAL);
	close(fd);
	buf_fini(&out);
}

TEST(what_was_not_taken)
{
	ASSERT_EQ(http_body_refused(HTTP_LINES, true,
				    "{\"stored\":3,\"duplicates\":0,\"refused\":2,\"errors\":[]}"),
		  2);
	ASSERT_EQ(http_body_refused(HTTP_OTLP, false,
				    "{\"partialSuccess\":{\"rejectedLogRecords\":\"4\"}}"),
		  4);
	ASSERT_EQ(http_body_refused(HTTP_OTLP, false, "{}"), 0);
	ASSERT_EQ(http_body_refused(HTTP_OTLP, false, "ok"), 0);
	ASSERT_EQ(http_body_refused(HTTP_ARRAY, false, "{\"refused\":2}"), 0);
	ASSERT_EQ(http_body_refused(HTTP_LINES, true, "{\"refused\":-1}"), 0);
}
