// SPDX-License-Identifier: GPL-2.0-only
/* Pods with their labels, and who is found by which names. */
#include "kube/pods.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

#define UID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define DIGEST "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define ID "3f2a9c0000000000000000000000000000000000000000000000000000000001"

static int put(struct kube_pods *pods, const struct kube_pod_id *id, const char *value)
{
	_cleanup_(kube_labels_unrefp) struct kube_labels *labels = kube_labels_new();

	if (kube_labels_add(labels, (struct text){ "app", 3 },
			    (struct text){ value, strlen(value) }))
		abort();
	return kube_pods_put(pods, id, labels);
}

static const char *find(struct kube_pods *pods, const char *namespace, const char *name,
			const char *uid)
{
	static char text[64];
	struct kube_facts facts = { 0 };
	struct kube_labels *labels;
	uint64_t changed;

	strcpy(facts.namespace, namespace);
	strcpy(facts.pod, name);
	strcpy(facts.pod_uid, uid);
	labels = kube_pods_find(pods, &facts, &changed);
	snprintf(text, sizeof(text), "%s", kube_labels_get(labels, "app") ?: "none");
	kube_labels_unref(labels);
	return text;
}

TEST(who_is_found)
{
	static const struct kube_pod_id shop = { UID, "shop", "shop-1" },
					etcd = { DIGEST, "kube-system", "etcd-node-1" },
					evil = { DIGEST, "shop", "evil" };
	struct kube_pods *pods = kube_pods_new();

	ASSERT_EQ(put(pods, &evil, "evil"), 0);
	ASSERT_EQ(put(pods, &shop, "shop"), 0);
	ASSERT_STR(find(pods, "shop", "shop-1", UID), "shop");
	/* Its names are not known yet. */
	ASSERT_STR(find(pods, "", "", UID), "shop");
	ASSERT_STR(find(pods, "", "", ""), "none");
	ASSERT_STR(find(pods, "shop", "shop-2", UID), "none");
	ASSERT_STR(find(pods, "bank", "shop-1", UID), "none");
	/* A digest may be in any pod. */
	ASSERT_STR(find(pods, "", "", DIGEST), "none");
	ASSERT_STR(find(pods, "kube-system", "etcd-node-1", DIGEST), "none");
	ASSERT_EQ(put(pods, &etcd, "etcd"), 0);
	ASSERT_STR(find(pods, "kube-system", "etcd-node-1", DIGEST), "etcd");
	kube_pods_remove(pods, &evil);
	ASSERT_STR(find(pods, "kube-system", "etcd-node-1", DIGEST), "etcd");
	kube_pods_free(pods);
}

TEST(what_is_a_change)
{
	static const struct kube_pod_id shop = { UID, "shop", "shop-1" };
	struct kube_pods *pods = kube_pods_new();

	ASSERT_EQ(kube_pods_changes(pods), 0);
	put(pods, &shop, "a");
	ASSERT_EQ(kube_pods_changes(pods), 1);
	put(pods, &shop, "a");
	ASSERT_EQ(kube_pods_changes(pods), 1);
	put(pods, &shop, "b");
	ASSERT_EQ(kube_pods_changes(pods), 2);
	kube_pods_free(pods);
}

TEST(how_many)
{
	struct kube_pods *pods = kube_pods_new();
	struct kube_pod_id id = { UID, "shop", "" };
	int i;

	for (i = 0; i < KUBE_PODS_MAX; i++) {
		snprintf(id.name, sizeof(id.name), "shop-%d", i);
		ASSERT_EQ(put(pods, &id, "x"), 0);
	}
	snprintf(id.name, sizeof(id.name), "shop-%d", i);
	ASSERT_EQ(put(pods, &id, "x"), -E2BIG);
	kube_pods_begin(pods);
	kube_pods_end(pods);
	ASSERT_EQ(kube_pods_count(pods), 0);
	ASSERT_EQ(put(pods, &id, "x"), 0);
	kube_pods_free(pods);
}

/* What is known of a container gets labels when they come, keeps them, and changes with them. */
TEST(labels_of_a_container)
{
	static const char cgroup[] = "0::/kubepods/pod" UID "/" ID "\n";
	static const struct kube_pod_id shop = { UID, "shop", "shop-1" };
	struct kube_pods *pods = kube_pods_new();
	struct kube_known *k = kube_known_new("/nonexistent", NULL, pods);
	struct kube *first = kube_known_get(k, 1, cgroup, 0), *second, *third;

	ASSERT(!kube_facts(first)->labels && !kube_labelled(first));
	put(pods, &shop, "a");
	second = kube_known_get(k, 1, cgroup, 0);
	ASSERT_STR(kube_labels_get(kube_facts(second)->labels, "app"), "a");
	ASSERT_EQ(kube_labelled(second), 1);
	ASSERT(!kube_facts(first)->labels);
	third = kube_known_get(k, 1, cgroup, 0);
	ASSERT(second == third);
	kube_unref(third);
	kube_pods_remove(pods, &shop);
	third = kube_known_get(k, 1, cgroup, 0);
	ASSERT(second == third);
	kube_unref(third);
	put(pods, &shop, "b");
	third = kube_known_get(k, 1, cgroup, 0);
	ASSERT_STR(kube_labels_get(kube_facts(third)->labels, "app"), "b");
	ASSERT_STR(kube_labels_get(kube_facts(second)->labels, "app"), "a");
	kube_unref(first);
	kube_unref(second);
	kube_unref(third);
	kube_known_free(k);
	kube_pods_free(pods);
}
