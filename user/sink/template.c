// SPDX-License-Identifier: GPL-2.0-only
#include "sink/template.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"

#define PLACE_MAX 200

const char template_slack_line[] =
	"*{{rule.level|slack}}*  *{{rule.name|slack}}*  {{function.qualname|slack}} "
	"{{value|slack}}\\n"
	"on {{host|slack}}, process {{process.pid}}, {{request.remote_addr|slack}} "
	"{{request.method|slack}} {{request.path|slack}}, {{action}}\\n";

enum filter { FILTER_NONE, FILTER_SLACK, FILTER_JSON };

struct piece {
	struct text text;      /* before the place */
	char place[PLACE_MAX]; /* "": the text is all that is left */
	enum filter filter;
};

/* The keys that an alert may have. */
static const char *const keys[] = { "id",     "time",	    "host",    "rule",	    "function",
				    "args",   "value",	    "callers", "request",   "process",
				    "input",  "probe",	    "action",  "truncated", "reason",
				    "target", "kubernetes", "repeated" };

static bool is_key(const char *place)
{
	size_t len = strcspn(place, ".");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strlen(keys[i]) == len && !memcmp(keys[i], place, len))
			return true;
	}
	return false;
}

static int read_place(const char *start, const char *end, struct piece *out, struct err *err)
{
	const char *bar;
	size_t len;

	while (start < end && *start == ' ')
		start++;
	while (end > start && end[-1] == ' ')
		end--;
	bar = memchr(start, '|', (size_t)(end - start));
	len = (size_t)((bar ?: end) - start);
	if (!len || len >= sizeof(out->place))
		return err_set(err, -EINVAL, "{{}} names nothing, or too much");
	memcpy(out->place, start, len);
	out->place[len] = '\0';
	if (!is_key(out->place))
		return err_set(err, -EINVAL, "an alert has no `%s`", out->place);
	out->filter = FILTER_NONE;
	if (bar && end - bar == 6 && !memcmp(bar, "|slack", 6))
		out->filter = FILTER_SLACK;
	else if (bar && end - bar == 5 && !memcmp(bar, "|json", 5))
		out->filter = FILTER_JSON;
	else if (bar)
		return err_set(err, -EINVAL, "`%.*s` is neither |slack nor |json", (int)(end - bar),
			       bar);
	return 0;
}

/* The next piece, and what is left behind it.  -EINVAL with a sentence. */
static int next_piece(const char **text, struct piece *out, struct err *err)
{
	const char *open = strstr(*text, "{{"), *close = open ? strstr(open, "}}") : NULL;

	*out = (struct piece){ .text = { *text, open ? (size_t)(open - *text) : strlen(*text) } };
	if (!open) {
		*text += out->text.len;
		return 0;
	}
	if (!close)
		return err_set(err, -EINVAL, "{{ has no }}");
	*text = close + 2;
	return read_place(open + 2, close, out, err);
}

int template_check(const char *text, struct err *err)
{
	const char *rest = text;
	struct piece piece;
	int ret = 0, line = 1;

	while (*rest && !ret) {
		const char *before = rest, *open = strstr(rest, "{{");

		ret = next_piece(&rest, &piece, err);
		for (; before < (open && ret ? open : rest); before++)
			line += *before == '\n';
	}
	return ret ? err_prefix(err, ret, "line %d", line) : 0;
}

/* What stands at a path; NULL: nothing. */
static const cJSON *find(const cJSON *json, const char *place)
{
	char name[PLACE_MAX];

	while (json && *place) {
		size_t len = strcspn(place, ".");

		memcpy(name, place, len);
		name[len] = '\0';
		json = cJSON_IsArray(json) ? cJSON_GetArrayItem(json, atoi(name))
					   : cJSON_GetObjectItemCaseSensitive(json, name);
		place += len + (place[len] == '.');
	}
	return json;
}

/* As Slack has it: nothing in it is a link, or calls everybody. */
static void put_slack(struct buf *out, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.s[i] == '&')
			buf_adds(out, "&amp;");
		else if (t.s[i] == '<')
			buf_adds(out, "&lt;");
		else if (t.s[i] == '>')
			buf_adds(out, "&gt;");
		else
			buf_addc(out, t.s[i]);
	}
}

static int put_value(struct buf *out, const cJSON *value, enum filter filter)
{
	_cleanup_free_ char *printed = NULL;
	_cleanup_buf_ struct buf slack = { 0 };
	_cleanup_buf_ struct buf quoted = { 0 };
	struct text t;

	if (!value || (cJSON_IsNull(value) && filter != FILTER_JSON)) {
		buf_adds(out, filter == FILTER_JSON ? "null" : "");
		return 0;
	}
	if (!cJSON_IsString(value)) {
		printed = cJSON_PrintUnformatted(value);
		if (!printed)
			return -ENOMEM;
	}
	t = (struct text){ printed ?: value->valuestring, strlen(printed ?: value->valuestring) };
	if (printed && filter == FILTER_JSON) {
		buf_add(out, t.s, t.len);
		return 0;
	}
	if (filter == FILTER_SLACK) {
		put_slack(&slack, t);
		t = (struct text){ slack.data ?: "", slack.len };
	}
	text_json_whole(&quoted, t);
	out->failed |= quoted.failed | slack.failed;
	if (quoted.failed)
		return -ENOMEM;
	if (filter == FILTER_JSON)
		buf_add(out, quoted.data, quoted.len);
	else
		buf_add(out, quoted.data + 1, quoted.len - 2);
	return 0;
}

/* Is there half a surrogate pair, as \uXXXX, which cJSON does not take? */
static bool is_half(const char *s, size_t left)
{
	bool high = left >= 6 && s[1] == 'u' && strchr("dD", s[2]) && strchr("89abAB", s[3]);

	if (left < 6 || s[1] != 'u' || !strchr("dD", s[2]) ||
	    !strchr("89abAB"
		    "cdefCDEF",
		    s[3]))
		return false;
	return !high || left < 12 || s[6] != '\\' || s[7] != 'u' || !strchr("dD", s[8]) ||
	       !strchr("cdefCDEF", s[9]);
}

/* The alert with such halves written out. */
static void make_whole(struct buf *out, struct text json)
{
	for (size_t i = 0; i < json.len;) {
		size_t n = 1;

		if (json.s[i] == '\\') {
			if (is_half(json.s + i, json.len - i))
				buf_addc(out, '\\');
			else if (json.len - i >= 12 && json.s[i + 1] == 'u' &&
				 strchr("dD", json.s[i + 2]) && strchr("89abAB", json.s[i + 3]))
				n = 12;
			else
				n = MIN((size_t)2, json.len - i);
		}
		buf_add(out, json.s + i, n);
		i += n;
	}
}

int template_expand(const char *text, struct text alert, struct buf *out)
{
	_cleanup_buf_ struct buf whole = { 0 };
	struct piece piece;
	cJSON *json;
	int ret = 0;

	make_whole(&whole, alert);
	json = whole.failed ? NULL : cJSON_ParseWithLength(whole.data ?: "", whole.len);
	if (!json)
		return -EINVAL;
	while (*text && !ret) {
		ret = next_piece(&text, &piece, NULL);
		buf_add(out, piece.text.s, piece.text.len);
		if (!ret && *piece.place)
			ret = put_value(out, find(json, piece.place), piece.filter);
	}
	cJSON_Delete(json);
	return ret ?: out->failed ? -ENOMEM : 0;
}
