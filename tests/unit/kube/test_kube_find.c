// SPDX-License-Identifier: GPL-2.0-only
/* The kubelet's files, in a folder that stands for /var/log; and how often they are looked at. */
#include "kube/kube.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "test.h"

#define ID "3f2a9c0000000000000000000000000000000000000000000000000000000001"
#define OTHER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define UID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define FAKE "11111111-1111-1111-1111-111111111111"
#define NS_PER_S 1000000000LL
#define CGROUP "0::/kubepods/pod" UID "/" ID "\n"

static char logs[64], path[512];

static const char *in_logs(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", logs, name);
	return path;
}

static void make_logs(void)
{
	strcpy(logs, "/tmp/test-kube-XXXXXX");
	if (!mkdtemp(logs) || mkdir(in_logs("pods"), 0755) || mkdir(in_logs("containers"), 0755))
		abort();
}

static void make_pod(const char *name)
{
	char dir[300];

	snprintf(dir, sizeof(dir), "pods/%s", name);
	if (mkdir(in_logs(dir), 0755))
		abort();
}

static void make_link(const char *name, const char *target)
{
	char link[300];

	snprintf(link, sizeof(link), "containers/%s", name);
	if (symlink(target, in_logs(link)))
		abort();
}

static void remove_logs(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", logs);
	if (system(command))
		abort();
}

static const struct kube_place place = { UID, ID }, beside = { "", ID }, pod_itself = { UID, "" };

TEST(nothing_there)
{
	struct kube_facts f;

	ASSERT(!kube_find("/nonexistent", getpid(), &place, &f));
	ASSERT_STR(f.pod_uid, UID);
	ASSERT(!*f.namespace && !*f.pod && !*f.container);
	ASSERT(!kube_find("/nonexistent", getpid(), &beside, &f));
	ASSERT(!*f.pod_uid);
}

TEST(before_and_after_a_container_runs)
{
	struct kube_facts f;

	make_logs();
	make_pod("other_pod_" FAKE);
	make_pod("shop_shop-6c4f_" UID);
	ASSERT(!kube_find(logs, getpid(), &place, &f));
	ASSERT_STR(f.namespace, "shop");
	ASSERT_STR(f.pod, "shop-6c4f");
	ASSERT_STR(f.container, "");
	/* Of the pod itself there is no more to know. */
	ASSERT(kube_find(logs, getpid(), &pod_itself, &f));
	ASSERT_STR(f.pod, "shop-6c4f");
	make_link("shop-6c4f_shop_other-" OTHER ".log",
		  "/var/log/pods/shop_shop-6c4f_" UID "/other/0.log");
	make_link("shop-6c4f_shop_app-" ID ".log",
		  "/var/log/pods/shop_shop-6c4f_" UID "/app/0.log");
	ASSERT(kube_find(logs, getpid(), &place, &f));
	ASSERT_STR(f.container, "app");
	ASSERT_STR(f.pod_uid, UID);
	/* Seen from within its own pod. */
	ASSERT(kube_find(logs, getpid(), &beside, &f));
	ASSERT_STR(f.pod_uid, UID);
	ASSERT_STR(f.namespace, "shop");
	remove_logs();
}

TEST(links_that_lie)
{
	struct kube_facts f;

	make_logs();
	make_pod("shop_shop-6c4f_" UID);
	make_link("evil_kube-system_app-" ID ".log",
		  "/var/log/pods/kube-system_evil_" FAKE "/app/0.log");
	make_link("shop-6c4f_shop_web-" ID ".log",
		  "/var/log/pods/shop_shop-6c4f_" UID "/app/0.log");
	make_link("a_b_c-" ID ".log", "/etc/shadow");
	if (mkdir(in_logs("containers/shop-6c4f_shop_app-" ID ".log"), 0755))
		abort();
	ASSERT(!kube_find(logs, getpid(), &place, &f));
	ASSERT_STR(f.namespace, "shop");
	ASSERT_STR(f.container, "");
	remove_logs();
}

TEST(a_container_is_looked_for_once)
{
	struct kube_known *k;
	struct kube *one, *two;

	make_logs();
	k = kube_known_new(logs, "node-1.example", NULL);
	make_link("shop-6c4f_shop_app-" ID ".log",
		  "/var/log/pods/shop_shop-6c4f_" UID "/app/0.log");
	one = kube_known_get(k, getpid(), CGROUP, 0);
	ASSERT(one && !kube_is_part(one));
	ASSERT_STR(kube_facts(one)->container, "app");
	ASSERT_STR(kube_facts(one)->node, "node-1.example");
	/* Its files are gone. */
	remove_logs();
	two = kube_known_get(k, getpid(), CGROUP, 3600 * NS_PER_S);
	ASSERT(one == two);
	ASSERT(!kube_known_get(k, getpid(), "0::/system.slice/cron.service\n", 0));
	ASSERT(!kube_known_get(k, getpid(), "", 0));
	/* It outlives what it was found by. */
	kube_known_free(k);
	kube_unref(two);
	ASSERT_STR(kube_facts(one)->pod, "shop-6c4f");
	kube_unref(one);
}

TEST(what_is_not_all_there_yet)
{
	struct kube_known *k;
	struct kube *first, *again, *later;

	make_logs();
	k = kube_known_new(logs, "Not A Name", NULL);
	first = kube_known_get(k, getpid(), CGROUP, 0);
	ASSERT(kube_is_part(first));
	ASSERT_STR(kube_facts(first)->pod_uid, UID);
	ASSERT_STR(kube_facts(first)->node, "");
	again = kube_known_get(k, getpid(), CGROUP, 0);
	ASSERT(again == first);
	make_pod("shop_shop-6c4f_" UID);
	make_link("shop-6c4f_shop_app-" ID ".log",
		  "/var/log/pods/shop_shop-6c4f_" UID "/app/0.log");
	later = kube_known_get(k, getpid(), CGROUP, 0);
	ASSERT(later != first && !kube_is_part(later));
	ASSERT_STR(kube_facts(later)->container, "app");
	/* Who has a share of what was known before keeps that. */
	ASSERT_STR(kube_facts(first)->container, "");
	kube_unref(first);
	kube_unref(again);
	kube_unref(later);
	kube_known_free(k);
	remove_logs();
}

TEST(pauses_grow)
{
	static const int64_t at[] = { 1, 3, 7, 15, 31, 63, 127, 191 };
	struct kube_known *k;

	make_logs();
	k = kube_known_new(logs, NULL, NULL);
	for (int i = 0; i < 16; i++)
		kube_unref(kube_known_get(k, getpid(), CGROUP, 0));
	/* Each pod is there for one look only. */
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		struct kube *before, *then;
		char name[64];

		snprintf(name, sizeof(name), "shop_shop-%zu_" UID, i);
		make_pod(name);
		before = kube_known_get(k, getpid(), CGROUP, at[i] * NS_PER_S - 1);
		then = kube_known_get(k, getpid(), CGROUP, at[i] * NS_PER_S);
		ASSERT(before != then);
		snprintf(name, sizeof(name), "shop-%zu", i);
		ASSERT_STR(kube_facts(then)->pod, name);
		kube_unref(before);
		kube_unref(then);
		snprintf(name, sizeof(name), "pods/shop_shop-%zu_" UID, i);
		ASSERT_EQ(rmdir(in_logs(name)), 0);
	}
	kube_known_free(k);
	remove_logs();
}

TEST(more_containers_than_are_kept)
{
	struct kube_known *k = kube_known_new("/nonexistent", NULL, NULL);
	struct kube *kept = kube_known_get(k, getpid(), CGROUP, 0), *again;

	for (int i = 0; i < 5000; i++) {
		char cgroup[128];

		snprintf(cgroup, sizeof(cgroup), "0::/kubepods/pod" UID "/%064x\n", i);
		kube_unref(kube_known_get(k, getpid(), cgroup, 0));
	}
	again = kube_known_get(k, getpid(), CGROUP, 0);
	ASSERT(again == kept);
	kube_unref(again);
	kube_unref(kept);
	kube_known_free(k);
}
