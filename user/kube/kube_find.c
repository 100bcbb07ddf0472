// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the kubelet writes names down.  Directories are looked through and links are read; none is
 * followed, and no log is opened.
 *
 *   pods/NAMESPACE_POD_UID/CONTAINER/           before a container is started
 *   containers/POD_NAMESPACE_CONTAINER-ID.log   once it runs, a link to .../CONTAINER/0.log
 *
 * Until then which of a pod's containers a process is in is told by what the kubelet has mounted in
 * it.  What a process has mounted may be its own doing: it can only be taken for another container
 * of its pod so.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "kube/kube.h"
#include "proc/proc_read.h"

/* A node has some hundreds of pods. */
#define ENTRIES_MAX 65536
#define MOUNTS_MAX (256 * 1024)

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static DIR *open_dir(const char *logs, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", logs, name) >= (int)sizeof(path))
		return NULL;
	return opendir(path);
}

/* The next name that ends so; NULL: there are no more. */
static const char *next_name(DIR *dir, const char *suffix, size_t *looked_at)
{
	const struct dirent *entry;

	while ((*looked_at)++ < ENTRIES_MAX && (entry = readdir(dir))) {
		if (str_ends(entry->d_name, suffix))
			return entry->d_name;
	}
	return NULL;
}

/* A link, as the kubelet makes it, and to where it belongs. */
static bool read_link(DIR *dir, const char *name, const char *container_id, struct kube_facts *out)
{
	struct kube_facts said = { 0 }, target = { 0 };
	char path[PATH_MAX];
	ssize_t n;

	if (!kube_parse_log((struct text){ name, strlen(name) }, container_id, &said))
		return false;
	n = readlinkat(dirfd(dir), name, path, sizeof(path));
	if (n < 0 || !kube_parse_log_target((struct text){ path, (size_t)n }, &target) ||
	    !str_eq(said.namespace, target.namespace) || !str_eq(said.pod, target.pod) ||
	    !str_eq(said.container, target.container))
		return false;
	*out = target;
	return true;
}

/* By the id of the container: all of it at once. */
static bool find_container(const char *logs, const struct kube_place *place, struct kube_facts *out)
{
	_cleanup_(closedirp) DIR *dir = open_dir(logs, "containers");
	char suffix[KUBE_ID_MAX + 8];
	struct kube_facts found = { 0 };
	const char *name;
	size_t n = 0;

	if (!dir || !*place->container_id)
		return false;
	snprintf(suffix, sizeof(suffix), "-%s.log", place->container_id);
	while ((name = next_name(dir, suffix, &n))) {
		if (read_link(dir, name, place->container_id, &found) &&
		    (!*place->pod_uid || str_eq(place->pod_uid, found.pod_uid))) {
			*out = found;
			return true;
		}
	}
	return false;
}

/* Which of the pod's containers has this process, as far as what is mounted in it says. */
static void find_mounted(DIR *dir, const char *pod_name, pid_t pid, struct kube_facts *out)
{
	_cleanup_free_ char *mounts = NULL;
	char name[KUBE_LABEL_MAX], path[NAME_MAX + KUBE_LABEL_MAX + 2];
	struct stat st;
	size_t len;

	if (proc_read_memory(pid, "mountinfo", MOUNTS_MAX, &mounts, &len) ||
	    !kube_parse_mounts(mounts, out->pod_uid, name))
		return;
	snprintf(path, sizeof(path), "%s/%s", pod_name, name);
	if (!fstatat(dirfd(dir), path, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode))
		strcpy(out->container, name);
}

/* By the uid of the pod. */
static bool find_pod(const char *logs, pid_t pid, const struct kube_place *place,
		     struct kube_facts *out)
{
	_cleanup_(closedirp) DIR *dir = open_dir(logs, "pods");
	char suffix[KUBE_UID_MAX + 1];
	const char *name;
	size_t n = 0;

	if (!dir || !*place->pod_uid)
		return false;
	snprintf(suffix, sizeof(suffix), "_%s", place->pod_uid);
	while ((name = next_name(dir, suffix, &n))) {
		if (!kube_parse_pod((struct text){ name, strlen(name) }, out))
			continue;
		if (*place->container_id)
			find_mounted(dir, name, pid, out);
		return *out->container || !*place->container_id;
	}
	return false;
}

bool kube_find(const char *logs, pid_t pid, const struct kube_place *place, struct kube_facts *out)
{
	*out = (struct kube_facts){ 0 };
	strcpy(out->pod_uid, place->pod_uid);
	return find_container(logs, place, out) || find_pod(logs, pid, place, out);
}
