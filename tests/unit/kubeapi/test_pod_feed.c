// SPDX-License-Identifier: GPL-2.0-only
/* Answers of the API server as they come in, in pieces, and what is known after them. */
#include "kubeapi/pod_feed.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

#define UID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define OTHER "11111111-1111-1111-1111-111111111111"
#define POD(uid, version, label)                                                   \
	"{\"metadata\":{\"namespace\":\"shop\",\"name\":\"shop-1\",\"uid\":\"" uid \
	"\",\"resourceVersion\":\"" version "\",\"labels\":{\"app\":\"" label "\"}}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define PAGE(more, items)                                                                        \
	"{\"metadata\":{\"resourceVersion\":\"12\",\"continue\":\"" more "\"},\"items\":[" items \
	"]}"

static const struct kube_facts facts = { .namespace = "shop", .pod = "shop-1", .pod_uid = UID };

static const char *label_of(struct kube_pods *pods)
{
	static char text[64];
	uint64_t changed;
	struct kube_labels *labels = kube_pods_find(pods, &facts, &changed);

	snprintf(text, sizeof(text), "%s", kube_labels_get(labels, "app") ?: "none");
	kube_labels_unref(labels);
	return text;
}

static int take_page(struct pod_feed *f, const char *text, char *more)
{
	struct err err;

	pod_feed_begin(f);
	for (size_t i = 0; i < strlen(text); i++) {
		if (!pod_feed_page(f, text + i, 1))
			return -EFBIG;
	}
	return pod_feed_page_end(f, more, &err);
}

static int take(struct pod_feed *f, const char *text, size_t piece)
{
	size_t len = strlen(text);
	struct err err;
	int ret = 0;

	for (size_t i = 0; i < len && !ret; i += piece)
		ret = pod_feed_watch(f, text + i, MIN(piece, len - i), &err);
	return ret;
}

TEST(a_list_and_its_watch)
{
	struct kube_pods *pods = kube_pods_new();
	char more[POD_CONTINUE_MAX];
	struct pod_feed f;

	pod_feed_init(&f, pods);
	kube_pods_begin(pods);
	ASSERT_EQ(take_page(&f, PAGE("x", POD(UID, "3", "shop")), more), 0);
	ASSERT_STR(more, "x");
	ASSERT_EQ(take_page(&f, PAGE("", POD(OTHER, "4", "other")), more), 0);
	ASSERT_STR(more, "");
	kube_pods_end(pods);
	ASSERT_EQ(kube_pods_count(pods), 2);
	ASSERT_STR(label_of(pods), "shop");
	ASSERT_STR(f.version, "12");
	for (size_t piece = 1; piece < 300; piece += 7) {
		pod_feed_begin(&f);
		ASSERT_EQ(take(&f,
			       EVENT("MODIFIED", POD(UID, "13", "bank")) "\n" EVENT(
				       "DELETED", POD(OTHER, "14", "other")),
			       piece),
			  0);
		ASSERT_STR(label_of(pods), "bank");
		ASSERT_EQ(kube_pods_count(pods), 1);
		ASSERT_STR(f.version, "14");
		ASSERT_EQ(take(&f,
			       EVENT("ADDED", POD(OTHER, "15", "x"))
				       EVENT("MODIFIED", POD(UID, "16", "shop")),
			       piece),
			  0);
		ASSERT_EQ(kube_pods_count(pods), 2);
		ASSERT_STR(label_of(pods), "shop");
	}
	ASSERT_EQ(f.refused, 0);
	/* What is not in a list any more is gone, once that has come to its end. */
	kube_pods_begin(pods);
	ASSERT_EQ(take_page(&f, PAGE("", POD(OTHER, "4", "other")), more), 0);
	ASSERT_STR(label_of(pods), "shop");
	kube_pods_end(pods);
	ASSERT_STR(label_of(pods), "none");
	pod_feed_fini(&f);
	kube_pods_free(pods);
}

TEST(what_ends_a_watch)
{
	static const struct {
		const char *text;
		int ret;
	} cases[] = {
		{ EVENT("ERROR", "{\"code\":410}"), -ESTALE },
		{ EVENT("ERROR", "{\"code\":500}"), -EREMOTEIO },
		{ "garbage\n", -EPROTO },
		{ EVENT("NEWS", POD(UID, "1", "x")), -EPROTO },
	};
	struct kube_pods *pods = kube_pods_new();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pod_feed f;

		pod_feed_init(&f, pods);
		ASSERT_EQ(take(&f, EVENT("ADDED", POD(UID, "1", "shop")), 1000), 0);
		ASSERT_EQ(take(&f, cases[i].text, 1000), cases[i].ret);
		ASSERT_STR(label_of(pods), "shop");
		/* Up to there it is known. */
		ASSERT_STR(f.version, "1");
		pod_feed_fini(&f);
	}
	kube_pods_free(pods);
}

TEST(what_is_too_long)
{
	struct kube_pods *pods = kube_pods_new();
	char *piece = malloc(1 << 20), more[POD_CONTINUE_MAX];
	struct pod_feed f;
	struct err err;

	memset(piece, 'x', 1 << 20);
	pod_feed_init(&f, pods);
	for (int i = 0; i < 9; i++)
		ASSERT_EQ(pod_feed_watch(&f, piece, 1 << 20, &err), 0);
	ASSERT(f.bytes.cap <= 2 * POD_BYTES_MAX);
	ASSERT_EQ(take(&f, "\n" EVENT("ADDED", POD(UID, "1", "shop")), 1000), 0);
	ASSERT_STR(label_of(pods), "shop");
	ASSERT_EQ(f.refused, 1);
	/* Labels that are none: it is not known what it has now. */
	ASSERT_EQ(take(&f, EVENT("MODIFIED", POD(UID, "2", "a b")), 1000), 0);
	ASSERT_STR(label_of(pods), "none");
	ASSERT_EQ(f.refused, 2);
	pod_feed_begin(&f);
	for (int i = 0; i < 4; i++)
		ASSERT(pod_feed_page(&f, piece, 1 << 20));
	ASSERT(!pod_feed_page(&f, piece, 1));
	ASSERT_EQ(take_page(&f, "x", more), -EPROTO);
	pod_feed_fini(&f);
	kube_pods_free(pods);
	free(piece);
}
