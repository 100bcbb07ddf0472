// SPDX-License-Identifier: GPL-2.0-only
/* Names by which a pod's container is known: of cgroups, files, links and mounts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kube/kube.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID "3f2a9c0000000000000000000000000000000000000000000000000000000001"
#define UID "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

static void check(bool held)
{
	if (!held)
		abort();
}

static struct text as_text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static void check_facts(const struct kube_facts *f, bool pod, bool container)
{
	check(kube_is_label(as_text(f->namespace)) && kube_is_subdomain(as_text(f->pod)));
	check(!pod || strlen(f->pod_uid) == 36 || strlen(f->pod_uid) == 32);
	check(!container || kube_is_label(as_text(f->container)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), name[KUBE_LABEL_MAX];
	struct kube_facts pod = { 0 }, log = { 0 }, target = { 0 };
	struct text whole = { text, size };
	struct kube_place place;

	memcpy(text, data, size);
	text[size] = '\0';
	if (kube_place_parse(text, &place)) {
		size_t uid = strlen(place.pod_uid), id = strlen(place.container_id);

		check(uid == 36 || uid == 32 || (!uid && id == 64));
		check(id == 64 || !id);
	}
	if (kube_parse_pod(whole, &pod))
		check_facts(&pod, true, false);
	if (kube_parse_log(whole, ID, &log))
		check_facts(&log, false, true);
	if (kube_parse_log_target(whole, &target))
		check_facts(&target, true, true);
	if (kube_parse_mounts(text, UID, name))
		check(kube_is_label(as_text(name)));
	free(text);
	return 0;
}
