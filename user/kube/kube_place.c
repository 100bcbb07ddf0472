// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pod and the container in a cgroup's path.
 *
 *   /kubepods/burstable/podUID/ID                         driver cgroupfs
 *   /kubepods.slice/.../kubepods-burstable-podUID.slice/RUNTIME-ID.scope
 *                                                         driver systemd; _ for - in UID
 *   /system.slice/.../kubepods-podUID.slice:RUNTIME:ID    the runtime has another than the kubelet
 *
 * Before that may stand whatever the kubelet itself is in (kubelet.slice, a container of kind's).
 * From within a container's own cgroup namespace a path is seen from where that is,
 * "/../../podUID/ID", and one in the same pod has no pod in it.  The outermost counts: what is
 * below its own container a process may have made itself.
 */
#include <string.h>

#include "base/util.h"
#include "kube/kube.h"

#define ID_LEN (KUBE_ID_MAX - 1)

static size_t hex_run(struct text t)
{
	size_t n = 0;

	while (n < t.len && ((t.s[n] >= '0' && t.s[n] <= '9') || (t.s[n] >= 'a' && t.s[n] <= 'f')))
		n++;
	return n;
}

static struct text behind(struct text t, size_t n)
{
	return (struct text){ t.s + n, t.len - n };
}

/*
 * A uid at the beginning of a text, with its own separators or systemd's; what is behind it, as it
 * is returned, has to be nothing or to begin with `end`.
 */
static bool parse_uid(struct text t, const char *end, char out[KUBE_UID_MAX])
{
	static const size_t parts[] = { 8, 4, 4, 4, 12 };
	size_t n = 0, used = 0;
	bool separated;

	if (hex_run(t) == 32) {
		memcpy(out, t.s, 32);
		used = n = 32;
	}
	separated = !n;
	for (size_t i = 0; separated && i < ARRAY_SIZE(parts); i++) {
		struct text rest = behind(t, used);

		if (hex_run(rest) != parts[i])
			return false;
		memcpy(out + n, rest.s, parts[i]);
		n += parts[i];
		used += parts[i];
		if (i + 1 == ARRAY_SIZE(parts))
			break;
		if (used == t.len || (t.s[used] != '-' && t.s[used] != '_'))
			return false;
		out[n++] = '-';
		used++;
	}
	out[n] = '\0';
	t = behind(t, used);
	return t.len == strlen(end) && !memcmp(t.s, end, t.len);
}

/* "podUID", or "kubepods...-podUID.slice". */
static bool parse_pod(struct text part, char out[KUBE_UID_MAX])
{
	static const char pod[] = "pod", slice_pod[] = "-pod";
	char uid[KUBE_UID_MAX];
	const char *at;

	if (part.len > strlen(pod) && !memcmp(part.s, pod, strlen(pod))) {
		if (!parse_uid(behind(part, strlen(pod)), "", uid))
			return false;
	} else {
		at = memmem(part.s, part.len, slice_pod, strlen(slice_pod));
		if (!at || !memmem(part.s, (size_t)(at - part.s), "kubepods", strlen("kubepods")) ||
		    !parse_uid(behind(part, (size_t)(at - part.s) + strlen(slice_pod)), ".slice",
			       uid))
			return false;
	}
	strcpy(out, uid);
	return true;
}

/* "ID", "RUNTIME-ID" or "RUNTIME-ID.scope". */
static bool parse_container(struct text part, char out[KUBE_ID_MAX])
{
	static const char scope[] = ".scope";
	const char *dash;

	if (part.len > strlen(scope) &&
	    !memcmp(part.s + part.len - strlen(scope), scope, strlen(scope)))
		part.len -= strlen(scope);
	dash = memrchr(part.s, '-', part.len);
	if (dash)
		part = behind(part, (size_t)(dash - part.s) + 1);
	if (part.len != ID_LEN || hex_run(part) != ID_LEN)
		return false;
	memcpy(out, part.s, ID_LEN);
	out[ID_LEN] = '\0';
	return true;
}

/* "kubepods...-podUID.slice:RUNTIME:ID". */
static bool parse_both(struct text part, struct kube_place *out)
{
	const char *first = memchr(part.s, ':', part.len), *last = memrchr(part.s, ':', part.len);
	struct text pod = { part.s, first ? (size_t)(first - part.s) : 0 };

	if (!first || first == last || !parse_pod(pod, out->pod_uid))
		return false;
	return parse_container(behind(part, (size_t)(last - part.s) + 1), out->container_id);
}

/* Takes one part more of a path; false: there is nothing to come. */
static bool take_part(struct text part, bool relative, struct kube_place *out)
{
	/* Whoever may make cgroups of his own there gives them any name. */
	if (text_eq(part, TEXT("user.slice")))
		return false;
	/* Right below the pod, or nowhere. */
	if (*out->pod_uid) {
		parse_container(part, out->container_id);
		return false;
	}
	if (parse_both(part, out))
		return false;
	*out = (struct kube_place){ 0 };
	if (parse_pod(part, out->pod_uid))
		return true;
	/* In the pod that this runs in itself. */
	return !(relative && parse_container(part, out->container_id));
}

static void parse_path(struct text path, struct kube_place *out)
{
	bool relative = path.len > 3 && !memcmp(path.s, "/../", 4), more = true;

	*out = (struct kube_place){ 0 };
	while (path.len && more) {
		const char *slash = memchr(path.s, '/', path.len);
		size_t len = slash ? (size_t)(slash - path.s) : path.len;

		if (len)
			more = take_part((struct text){ path.s, len }, relative, out);
		path = behind(path, len + (slash != NULL));
	}
}

bool kube_place_parse(const char *cgroup_text, struct kube_place *out)
{
	struct kube_place place, best = { 0 };

	/* "HIERARCHY:CONTROLLERS:PATH"; a process need not be in all of them where it is in one. */
	for (const char *line = cgroup_text; *line && !*best.pod_uid;) {
		size_t len = strcspn(line, "\n");
		const char *names = memchr(line, ':', len), *path;

		path = names ? memchr(names + 1, ':', (size_t)(line + len - names - 1)) : NULL;
		if (path) {
			parse_path((struct text){ path + 1, (size_t)(line + len - path - 1) },
				   &place);
			if (*place.pod_uid || !*best.container_id)
				best = place;
		}
		line += len + (line[len] == '\n');
	}
	*out = best;
	return *best.pod_uid || *best.container_id;
}
