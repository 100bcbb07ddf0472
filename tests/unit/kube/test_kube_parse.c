// SPDX-License-Identifier: GPL-2.0-only
/* Cgroups' paths and the kubelet's names for files, as they are and as nobody should make them. */
#include "kube/kube.h"

#include "base/util.h"
#include "test.h"

#define ID "3f2a9c0000000000000000000000000000000000000000000000000000000001"
#define OTHER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define UID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define UID_ "0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0"
#define STATIC "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define FAKE "11111111-1111-1111-1111-111111111111"

TEST(places)
{
	static const struct {
		const char *cgroup, *uid, *id;
	} cases[] = {
		/* driver cgroupfs: v1, v2, hybrid; each class of service */
		{ "4:memory:/kubepods/burstable/pod" UID "/" ID "\n"
		  "1:name=systemd:/kubepods/burstable/pod" UID "/" ID "\n",
		  UID, ID },
		{ "0::/kubepods/besteffort/pod" UID "/" ID "\n", UID, ID },
		{ "0::/kubepods/pod" UID "/" ID, UID, ID },
		{ "0::/kubepods/pod" UID "/crio-" ID "\n", UID, ID },
		{ "0::/kubepods/pod" UID "/crio-x" ID "\n", UID, "" },
		{ "0::/kubepods/pod" UID "/" ID ".slice\n", UID, "" },
		{ "1:name=systemd:/\n4:memory:/kubepods/pod" UID "/" ID "\n0::/\n", UID, ID },
		/* driver systemd, by runtime */
		{ "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
		  ".slice/cri-containerd-" ID ".scope\n",
		  UID, ID },
		{ "0::/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope/container\n",
		  UID, ID },
		{ "11:pids:/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_
		  ".slice/docker-" ID ".scope\n",
		  UID, ID },
		{ "0::/system.slice/containerd.service/kubepods-burstable-pod" UID_
		  ".slice:cri-containerd:" ID "\n",
		  UID, ID },
		{ "0::/kubepods-pod" UID_ ".slice:cri-containerd:" ID "\n", UID, ID },
		/* within what the kubelet is in: kind, with either driver; k3s */
		{ "0::/docker/" OTHER "/kubelet/kubepods/burstable/pod" UID "/" ID "\n", UID, ID },
		{ "0::/system.slice/docker-" OTHER ".scope/kubelet.slice/kubelet-kubepods.slice/"
		  "kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" UID_
		  ".slice/cri-containerd-" ID ".scope\n",
		  UID, ID },
		{ "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_
		  ".slice/cri-containerd-" ID ".scope\n",
		  UID, ID },
		{ "0::/system.slice/k3s.service/kubepods/besteffort/pod" UID "/" ID "\n", UID, ID },
		/* static pods */
		{ "0::/kubepods/burstable/pod" STATIC "/" ID "\n", STATIC, ID },
		{ "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC
		  ".slice/cri-containerd-" ID ".scope\n",
		  STATIC, ID },
		/* from within a container's cgroup namespace: another class, the same, the same pod
		 */
		{ "0::/../../../kubepods-burstable.slice/kubepods-burstable-pod" UID_
		  ".slice/cri-containerd-" ID ".scope\n",
		  UID, ID },
		{ "0::/../../kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID ".scope\n",
		  UID, ID },
		{ "0::/../../pod" UID "/" ID "\n", UID, ID },
		{ "0::/../" ID "\n", "", ID },
		{ "0::/../cri-containerd-" ID ".scope/init.scope\n", "", ID },
		/* the pod itself, as its first container is made */
		{ "0::/kubepods/burstable/pod" UID "\n", UID, "" },
		/* what a process has made below its own container does not count */
		{ "0::/kubepods/pod" UID "/" ID "/kubepods/pod" FAKE "/" OTHER "\n", UID, ID },
		{ "0::/kubepods/pod" UID "/x/" OTHER "\n", UID, "" },
		{ "0::/../" ID "/pod" FAKE "/" OTHER "\n", "", ID },
		/* other containers, and none */
		{ "0::/docker/" ID "\n", NULL, NULL },
		{ "0::/system.slice/docker-" ID ".scope\n", NULL, NULL },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n", NULL, NULL },
		{ "0::/user.slice/user-1000.slice/user@1000.service/kubepods/pod" UID "/" ID "\n",
		  NULL, NULL },
		{ "0::/../../../user.slice/pod" UID "/" ID "\n", NULL, NULL },
		{ "0::/\n", NULL, NULL },
		{ "0::/..\n", NULL, NULL },
		{ "", NULL, NULL },
		/* what only looks like one */
		{ "0::/kubepods/pod" UID "0/" ID "\n", NULL, NULL },
		{ "0::/kubepods/pod0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f\n", NULL, NULL },
		{ "0::/kubepods/pod0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0\n", NULL, NULL },
		{ "0::/kubepods/pod" STATIC "00/" ID "\n", NULL, NULL },
		{ "0::/kubepods/pod/" ID "\n", NULL, NULL },
		{ "0::/kubepods/pod1-2-3-4-5/" ID "\n", NULL, NULL },
		{ "0::/shop-pod" UID_ ".slice/cri-containerd-" ID ".scope\n", NULL, NULL },
		{ "0::/kubepods-pod" UID_ ".slicex\n", NULL, NULL },
		{ "0::/kubepods-pod" UID_ ".slice:cri:x\n", NULL, NULL },
		{ "0::/kubepods-pod" UID_ ".slice:" ID "\n", NULL, NULL },
		{ "/kubepods/pod" UID "/" ID "\n", NULL, NULL },
		{ "0:/kubepods/pod" UID "/" ID "\n", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kube_place place;

		if (kube_place_parse(cases[i].cgroup, &place) != (cases[i].uid != NULL))
			TEST_FAIL("%s: wrong", cases[i].cgroup);
		if (cases[i].uid && (!str_eq(place.pod_uid, cases[i].uid) ||
				     !str_eq(place.container_id, cases[i].id)))
			TEST_FAIL("%s: is in pod %s, container %s", cases[i].cgroup, place.pod_uid,
				  place.container_id);
	}
}

static struct text as_text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

TEST(names)
{
	static char long_label[KUBE_LABEL_MAX + 1], long_name[KUBE_SUBDOMAIN_MAX + 1];
	static const char *const labels[] = { "a", "0", "kube-system", "a--b" };
	static const char *const none[] = { "", "-a", "a-", "A", "a_b", "a/b", "ä", "a b", ".." };
	static const char *const subdomains[] = { "etcd-node-1.example", "a.b", "0" };
	static const char *const not_those[] = { ".", "a.", ".a", "a..b", "a.-b", "a-.b" };

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		ASSERT(kube_is_label(as_text(labels[i])) && kube_is_subdomain(as_text(labels[i])));
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		ASSERT(!kube_is_label(as_text(none[i])) && !kube_is_subdomain(as_text(none[i])));
	for (size_t i = 0; i < ARRAY_SIZE(subdomains); i++)
		ASSERT(kube_is_subdomain(as_text(subdomains[i])));
	for (size_t i = 0; i < ARRAY_SIZE(not_those); i++)
		ASSERT(!kube_is_subdomain(as_text(not_those[i])));
	ASSERT(!kube_is_label(TEXT("a.b")));
	ASSERT(!kube_is_label((struct text){ "a\0b", 3 }));
	memset(long_label, 'a', KUBE_LABEL_MAX);
	ASSERT(!kube_is_label((struct text){ long_label, KUBE_LABEL_MAX }));
	ASSERT(kube_is_label((struct text){ long_label, KUBE_LABEL_MAX - 1 }));
	memset(long_name, 'a', KUBE_SUBDOMAIN_MAX);
	ASSERT(!kube_is_subdomain((struct text){ long_name, KUBE_SUBDOMAIN_MAX }));
	ASSERT(kube_is_subdomain((struct text){ long_name, KUBE_SUBDOMAIN_MAX - 1 }));
}

TEST(directories_of_pods)
{
	static const char *const none[] = {
		"shop_shop-1",		"shop_shop-1_",
		"shop_shop-1_" UID "_", "shop__" UID,
		"_shop-1_" UID,		"Shop_shop-1_" UID,
		"shop_shop/1_" UID,	"shop_.._" UID,
		"shop_shop-1_" UID_,	"",
	};
	struct kube_facts f = { 0 };

	ASSERT(kube_parse_pod(TEXT("shop_shop-6c4f.a_" UID), &f));
	ASSERT_STR(f.namespace, "shop");
	ASSERT_STR(f.pod, "shop-6c4f.a");
	ASSERT_STR(f.pod_uid, UID);
	ASSERT_STR(f.container, "");
	ASSERT(kube_parse_pod(TEXT("kube-system_etcd-node-1_" STATIC), &f));
	ASSERT_STR(f.pod_uid, STATIC);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		ASSERT(!kube_parse_pod(as_text(none[i]), &f));
	ASSERT_STR(f.pod, "etcd-node-1");
}

TEST(links_of_containers)
{
	static const char *const none[] = {
		"shop-6c4f_shop_app-" OTHER ".log",
		"shop-6c4f_shop_app-" ID,
		"shop-6c4f_shop_-" ID ".log",
		"shop-6c4f_shop_a_b-" ID ".log",
		"shop-6c4f_app-" ID ".log",
		"shop-6c4f_shop_app" ID ".log",
		"-" ID ".log",
		ID ".log",
		".log",
		"",
	};
	static const char *const nowhere[] = {
		"/var/log/pods/shop_shop-6c4f_" UID "/app/0.txt",
		"/var/log/pods/shop_shop-6c4f_" UID "/../0.log",
		"/var/log/pods/shop_shop-6c4f/app/0.log",
		"/var/lib/docker/containers/" ID "/" ID "-json.log",
		"app/0.log",
		"0.log",
		"",
	};
	struct kube_facts f = { 0 };

	ASSERT(kube_parse_log(TEXT("shop-6c4f_shop_app-" ID ".log"), ID, &f));
	ASSERT_STR(f.namespace, "shop");
	ASSERT_STR(f.pod, "shop-6c4f");
	ASSERT_STR(f.container, "app");
	ASSERT(kube_parse_log(TEXT("a.b_n_my-app-" ID ".log"), ID, &f));
	ASSERT_STR(f.container, "my-app");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		ASSERT(!kube_parse_log(as_text(none[i]), ID, &f));
	ASSERT(kube_parse_log_target(TEXT("/var/log/pods/shop_shop-6c4f_" UID "/app/12.log"), &f));
	ASSERT_STR(f.pod_uid, UID);
	ASSERT_STR(f.pod, "shop-6c4f");
	ASSERT_STR(f.container, "app");
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		ASSERT(!kube_parse_log_target(as_text(nowhere[i]), &f));
}

#define MOUNT(root, point) \
	"812 790 8:1 " root " " point " rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define KUBELET "/var/lib/kubelet/pods/" UID

TEST(mounts)
{
	char name[KUBE_LABEL_MAX] = "";

	ASSERT(kube_parse_mounts(MOUNT("/", "/") MOUNT(KUBELET "/etc-hosts", "/etc/hosts") MOUNT(
					 KUBELET "/containers/app/5be1", "/dev/termination-log"),
				 UID, name));
	ASSERT_STR(name, "app");
	/* /var/lib/kubelet is a file system of its own, and the last line has no end */
	ASSERT(kube_parse_mounts("1 2 8:1 /pods/" UID "/containers/web/1 /dev/t", UID, name));
	ASSERT_STR(name, "web");
	/* twice the same */
	ASSERT(kube_parse_mounts(MOUNT(KUBELET "/containers/app/1", "/a")
					 MOUNT(KUBELET "/containers/app/2", "/b"),
				 UID, name));
	ASSERT_STR(name, "app");
	/* of another pod, of two containers, nowhere below, not as mounted, and none at all */
	ASSERT(!kube_parse_mounts(MOUNT(KUBELET "/containers/app/1", "/a"), FAKE, name));
	ASSERT(!kube_parse_mounts(MOUNT(KUBELET "/containers/app/1", "/a")
					  MOUNT(KUBELET "/containers/web/1", "/b"),
				  UID, name));
	ASSERT(!kube_parse_mounts(MOUNT(KUBELET "/containers/app", "/a"), UID, name));
	ASSERT(!kube_parse_mounts(MOUNT(KUBELET "/containers//1", "/a"), UID, name));
	ASSERT(!kube_parse_mounts(MOUNT(KUBELET "/containers/../1", "/a"), UID, name));
	ASSERT(!kube_parse_mounts(MOUNT("/tmp", KUBELET "/containers/app/1"), UID, name));
	ASSERT(!kube_parse_mounts(MOUNT(KUBELET "/containers/app/1", "/a"), "", name));
	ASSERT(!kube_parse_mounts("", UID, name));
	ASSERT(!kube_parse_mounts("1 2", UID, name));
	ASSERT_STR(name, "app");
}
