// SPDX-License-Identifier: GPL-2.0-only
/* What the API server says of pods, and what only looks like it. */
#include "kubeapi/pod_object.h"

#include <errno.h>

#include "base/buf.h"
#include "base/util.h"
#include "test.h"

#define UID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define DIGEST "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define NAMES "\"namespace\":\"shop\",\"name\":\"shop-1\",\"uid\":\"" UID "\""
#define POD(more) \
	"{\"metadata\":{" NAMES ",\"resourceVersion\":\"7\"" more "},\"spec\":{\"x\":[1]}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}"
#define PAGE(more, items) "{\"metadata\":{\"resourceVersion\":\"12\"" more "},\"items\":" items "}"

static int parse(const char *text, struct pod_event *ev)
{
	return pod_event_parse(text, strlen(text), ev);
}

TEST(events)
{
	struct pod_event ev;

	ASSERT_EQ(parse(EVENT("ADDED", POD(",\"labels\":{\"app\":\"shop\",\"empty\":\"\"}")), &ev),
		  0);
	ASSERT_EQ(ev.kind, POD_PUT);
	ASSERT_STR(ev.version, "7");
	ASSERT_STR(ev.pod.id.uid, UID);
	ASSERT_STR(ev.pod.id.namespace, "shop");
	ASSERT_STR(ev.pod.id.name, "shop-1");
	ASSERT_EQ(ev.pod.labels->count, 2);
	ASSERT_STR(kube_labels_get(ev.pod.labels, "app"), "shop");
	ASSERT_STR(kube_labels_get(ev.pod.labels, "empty"), "");
	ASSERT(!kube_labels_get(ev.pod.labels, "ap"));
	kube_labels_unref(ev.pod.labels);
	/* Without labels it is known to have none. */
	ASSERT_EQ(parse(EVENT("MODIFIED", POD("")), &ev), 0);
	ASSERT_EQ(ev.kind, POD_PUT);
	ASSERT_EQ(ev.pod.labels->count, 0);
	kube_labels_unref(ev.pod.labels);
	ASSERT_EQ(parse(EVENT("DELETED", POD(",\"labels\":null")), &ev), 0);
	ASSERT_EQ(ev.kind, POD_GONE);
	kube_labels_unref(ev.pod.labels);
	ASSERT_EQ(parse(EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"99\"}}"), &ev), 0);
	ASSERT_EQ(ev.kind, POD_BOOKMARK);
	ASSERT_STR(ev.version, "99");
	ASSERT_EQ(parse(EVENT("ERROR", "{\"code\":410,\"message\":\"too old\"}"), &ev), 0);
	ASSERT_EQ(ev.kind, POD_EXPIRED);
	ASSERT_EQ(parse(EVENT("ERROR", "{\"code\":500,\"message\":\"no\"}"), &ev), 0);
	ASSERT_EQ(ev.kind, POD_FAILED);
	ASSERT_STR(ev.why, "no");
}

TEST(what_is_none)
{
	static const char *const texts[] = {
		"",
		"null",
		"[]",
		"{",
		"{}",
		"\"ADDED\"",
		EVENT("ADDED", "7"),
		EVENT("ADDED", "{}"),
		EVENT("NEWS", POD("")),
		EVENT("added", POD("")),
		EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"\"}}"),
		EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":7}}"),
		EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"1&x=y\"}}"),
		EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"1\\r\\nX: y\"}}"),
		EVENT("ADDED", "{\"metadata\":{\"resourceVersion\":\"7\",\"namespace\":\"Shop\","
			       "\"name\":\"a\",\"uid\":\"" UID "\"}}"),
		EVENT("ADDED", "{\"metadata\":{\"resourceVersion\":\"7\",\"namespace\":\"shop\","
			       "\"name\":\"../a\",\"uid\":\"" UID "\"}}"),
		EVENT("ADDED", "{\"metadata\":{\"resourceVersion\":\"7\",\"namespace\":\"shop\","
			       "\"name\":\"a\",\"uid\":\"x\"}}"),
	};
	struct pod_event ev;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (parse(texts[i], &ev) != -EPROTO)
			TEST_FAIL("it takes %s", texts[i]);
	}
}

TEST(labels_that_are_none)
{
	static const char *const labels[] = {
		"7",
		"[\"app\"]",
		"{\"app\":7}",
		"{\"app\":null}",
		"{\"a b\":\"x\"}",
		"{\"\":\"x\"}",
		"{\"a\":\"x y\"}",
		"{\"a\":\"x\\n\"}",
		"{\"a\":\"-x\"}",
		"{\"/a\":\"x\"}",
		"{\"A.b/a\":\"x\"}",
		"{\"a/b/c\":\"x\"}",
		"{\"a/\":\"x\"}",
		"{\"a\":\"1\",\"a\":\"2\"}",
		"{\"a\":\"x\",\"b\":{}}",
		"{\"a\":\"1234567890123456789012345678901234567890123456789012345678901234\"}",
	};
	struct pod_event ev;
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		snprintf(text, sizeof(text), EVENT("ADDED", POD(",\"labels\":%s")), labels[i]);
		/* Which pod it is is known all the same. */
		if (parse(text, &ev) || ev.pod.labels)
			TEST_FAIL("it takes %s", labels[i]);
		ASSERT_STR(ev.pod.id.uid, UID);
	}
}

TEST(too_many_labels)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct pod_event ev;

	for (int most = KUBE_LABELS_MAX; most <= KUBE_LABELS_MAX + 1; most++) {
		buf_reset(&text);
		buf_adds(&text, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{" NAMES
				",\"resourceVersion\":\"7\",\"labels\":{");
		for (int i = 0; i < most; i++)
			buf_printf(&text, "%s\"example.org/k%d\":\"v\"", i ? "," : "", i);
		buf_adds(&text, "}}}}");
		ASSERT_EQ(parse(text.data, &ev), 0);
		ASSERT_EQ(ev.pod.labels != NULL, most == KUBE_LABELS_MAX);
		kube_labels_unref(ev.pod.labels);
	}
}

/* The mirror of a static pod is known as that; nobody is known as another pod. */
TEST(mirrors)
{
	static const struct {
		const char *said, *uid;
	} cases[] = { { DIGEST, DIGEST },
		      { "11111111-1111-1111-1111-111111111111", UID },
		      { "x", UID },
		      { "", UID } };
	struct pod_event ev;
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text),
			 EVENT("ADDED",
			       POD(",\"annotations\":{\"kubernetes.io/config.mirror\":\"%s\"}")),
			 cases[i].said);
		ASSERT_EQ(parse(text, &ev), 0);
		ASSERT_STR(ev.pod.id.uid, cases[i].uid);
		kube_labels_unref(ev.pod.labels);
	}
}

struct seen {
	size_t count, labelled;
	int result;
};

static int note(void *ctx, struct pod_object *pod)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->labelled += pod->labels != NULL;
	return seen->result;
}

static int read_page(const char *text, struct seen *seen, struct pod_page *page)
{
	return pod_page_parse(text, strlen(text), note, seen, page);
}

TEST(pages)
{
	struct seen seen = { 0 };
	struct pod_page page;

	ASSERT_EQ(read_page(PAGE(",\"continue\":\"a/b=\"",
				 "[" POD("") ",7," POD(",\"labels\":{\"a\":7}") ",{}]"),
			    &seen, &page),
		  0);
	ASSERT_STR(page.version, "12");
	ASSERT_STR(page.more, "a/b=");
	ASSERT_EQ(seen.count, 2);
	ASSERT_EQ(seen.labelled, 1);
	ASSERT_EQ(page.refused, 3);
	ASSERT_EQ(read_page(PAGE("", "null"), &seen, &page), 0);
	ASSERT_STR(page.more, "");
	seen.result = -ENOSPC;
	ASSERT_EQ(read_page(PAGE("", "[" POD("") "]"), &seen, &page), -ENOSPC);
	ASSERT_EQ(read_page("{\"items\":[]}", &seen, &page), -EPROTO);
	ASSERT_EQ(read_page("{\"metadata\":{\"resourceVersion\":\"1\"}}", &seen, &page), -EPROTO);
	ASSERT_EQ(read_page(PAGE("", "{}"), &seen, &page), -EPROTO);
	ASSERT_EQ(read_page("", &seen, &page), -EPROTO);
}
