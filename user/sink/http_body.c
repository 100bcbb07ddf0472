// SPDX-License-Identifier: GPL-2.0-only
#include "sink/http_body.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "sink/template.h"

/* A message that somebody reads. */
#define SLACK_MAX 10
/* Around what each alert in OTLP has of its own. */
static const char otlp_head[] = "{\"resourceLogs\":[", otlp_tail[] = "]}";

size_t http_batch_max(enum http_way way)
{
	return way == HTTP_TEMPLATE ? 1 : way == HTTP_SLACK ? SLACK_MAX : SIZE_MAX;
}

/* Without the end of its line. */
static struct text line_of(const struct written *w)
{
	return (struct text){ w->text,
			      w->len && w->text[w->len - 1] == '\n' ? w->len - 1 : w->len };
}

static struct text otlp_resource(const struct written *w)
{
	struct text t = line_of(w);

	return (struct text){ t.s + strlen(otlp_head),
			      t.len - strlen(otlp_head) - strlen(otlp_tail) };
}

static void put_one(const struct http_shape *shape, const struct written *w, bool first,
		    struct buf *out)
{
	struct text t = shape->way == HTTP_OTLP ? otlp_resource(w) : line_of(w);

	switch (shape->way) {
	case HTTP_LINES:
		buf_add(out, w->text, w->len);
		break;
	case HTTP_ARRAY:
	case HTTP_OTLP:
		buf_adds(out, first ? "" : ",");
		buf_add(out, t.s, t.len);
		break;
	case HTTP_SLACK:
		if (template_expand(template_slack_line, t, out))
			out->failed = true;
		break;
	case HTTP_TEMPLATE:
		if (template_expand(shape->template, t, out))
			out->failed = true;
		break;
	}
}

int http_body_make(const struct http_shape *shape, struct written *const *alerts, size_t count,
		   struct buf *out)
{
	static const struct {
		const char *head, *tail;
	} around[] = {
		[HTTP_LINES] = { "", "" },
		[HTTP_ARRAY] = { "[", "]" },
		[HTTP_OTLP] = { otlp_head, otlp_tail },
		[HTTP_SLACK] = { "{\"text\":\"", "\"}" },
		[HTTP_TEMPLATE] = { "", "" },
	};

	buf_reset(out);
	buf_adds(out, around[shape->way].head);
	for (size_t i = 0; i < count; i++)
		put_one(shape, alerts[i], !i, out);
	buf_adds(out, around[shape->way].tail);
	return out->failed ? -ENOMEM : 0;
}

size_t http_body_refused(enum http_way way, bool is_console, const char *answer)
{
	cJSON *json = is_console || way == HTTP_OTLP ? cJSON_Parse(answer) : NULL;
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(json, "refused");
	double refused;

	if (!is_console)
		n = cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(json, "partialSuccess"),
			"rejectedLogRecords");
	/* A number of 64 bits is a string in OTLP. */
	refused = cJSON_IsString(n)   ? strtod(n->valuestring, NULL)
		  : cJSON_IsNumber(n) ? n->valuedouble
				      : 0;
	cJSON_Delete(json);
	return refused >= 1 && refused < 1e6 ? (size_t)refused : 0;
}
