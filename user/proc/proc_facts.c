// SPDX-License-Identifier: GPL-2.0-only
#include "proc/procfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "bpf/abi/limits.h"
#include "proc/proc_read.h"

/*
 * A command line stands in every alert of its process: one of megabytes would fill the log
 * (PHRUDE_CMDLINE_MAX).
 */
#define CMDLINE_WORDS_MAX 1024
#define CONTAINER_ID_LEN 64

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/*
 * Docker, containerd, CRI-O and podman all name their cgroups by 64 hexadecimal digits:
 * "/docker/ID", "/kubepods/burstable/podUID/ID", "docker-ID.scope", "cri-containerd-ID.scope",
 * "crio-ID.scope", "libpod-ID.scope".  The innermost one is the process's own container.
 */
char *proc_container_id(const char *cgroup_text)
{
	const char *found = NULL;

	for (const char *p = cgroup_text; *p;) {
		size_t len = 0;

		while (is_hex(p[len]))
			len++;
		if (len == CONTAINER_ID_LEN && p > cgroup_text &&
		    (p[-1] == '/' || p[-1] == '-' || p[-1] == ':') &&
		    (p[len] == '\0' || p[len] == '\n' || p[len] == '/' || p[len] == '.'))
			found = p;
		p += len ? len : 1;
	}
	return found ? strndup(found, CONTAINER_ID_LEN) : NULL;
}

/*
 * Lines are "HIERARCHY:CONTROLLERS:PATH".  cgroup v2 has one of number 0, and so has a hybrid,
 * beside v1's; its processes may be at the root there, so that the one which systemd has named
 * after itself counts more.
 */
char *proc_cgroup_path(const char *cgroup_text)
{
	const char *best = NULL;
	size_t best_len = 0;

	for (const char *line = cgroup_text; *line;) {
		size_t len = strcspn(line, "\n");
		const char *names = memchr(line, ':', len), *path;

		path = names ? memchr(names + 1, ':', (size_t)(line + len - names - 1)) : NULL;
		if (path) {
			bool unified = str_starts(line, "0::");

			if (str_starts(names, ":name=systemd:") || (unified && !best)) {
				best = path + 1;
				best_len = (size_t)(line + len - best);
			}
		}
		line += len + (line[len] == '\n');
	}
	return best_len ? strndup(best, best_len) : NULL;
}

int proc_cgroup_read(pid_t pid, char **out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int ret = proc_read_file(pid, "cgroup", 65536, &text, &len);

	*out = ret ? NULL : proc_cgroup_path(text);
	return ret ?: *out ? 0 : -ENOENT;
}

int proc_uid(pid_t pid, uid_t *out)
{
	_cleanup_free_ char *text = NULL;
	unsigned int real, effective;
	const char *line;
	size_t len;
	int ret = proc_read_file(pid, "status", 65536, &text, &len);

	if (ret)
		return ret;
	/* The name of a program, which stands before, has its line breaks escaped. */
	line = strstr(text, "\nUid:");
	if (!line || sscanf(line, "\nUid: %u %u", &real, &effective) != 2)
		return -EPROTO;
	*out = effective;
	return 0;
}

int proc_cmdline_split(const char *text, size_t len, bool cut, struct proc_facts *out)
{
	size_t words = 0, i = 0;

	while (i < len && words < CMDLINE_WORDS_MAX) {
		i += strnlen(text + i, len - i) + 1;
		words++;
	}
	out->cmdline_cut = cut || i < len;
	if (words == 0)
		return 0;
	out->cmdline = calloc(words, sizeof(*out->cmdline));
	if (!out->cmdline)
		return -ENOMEM;
	for (i = 0; out->nr_cmdline < words;) {
		bool last = out->nr_cmdline == words - 1;
		size_t n = strnlen(text + i, len - i);
		char *word;

		if (asprintf(&word, "%.*s%s", (int)n, text + i,
			     last && out->cmdline_cut ? "…" : "") < 0)
			return -ENOMEM;
		out->cmdline[out->nr_cmdline++] = word;
		i += n + 1;
	}
	return 0;
}

static int read_cmdline(pid_t pid, struct proc_facts *out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	bool cut;
	int ret;

	ret = proc_read_head(pid, "cmdline", PHRUDE_CMDLINE_MAX, &text, &len, &cut);
	return ret ? ret : proc_cmdline_split(text, len, cut, out);
}

int proc_container_read(pid_t pid, char **out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int ret;

	ret = proc_read_file(pid, "cgroup", 65536, &text, &len);
	if (!ret)
		*out = proc_container_id(text);
	return ret;
}

int proc_facts_read(pid_t pid, bool memory, struct proc_facts *out)
{
	struct proc_facts facts = { 0 };
	int ret;

	/* Each is left out where it cannot be had; only a process that is gone is an error. */
	ret = proc_read_link(pid, "exe", &facts.exe);
	if (ret != -ESRCH && ret != -ENOMEM)
		ret = proc_container_read(pid, &facts.container);
	if (memory && ret != -ESRCH && ret != -ENOMEM)
		ret = read_cmdline(pid, &facts);
	if (ret == -ESRCH || ret == -ENOMEM) {
		proc_facts_fini(&facts);
		return ret;
	}
	*out = facts;
	return 0;
}

void proc_facts_fini(struct proc_facts *facts)
{
	free(facts->exe);
	for (size_t i = 0; i < facts->nr_cmdline; i++)
		free(facts->cmdline[i]);
	free(facts->cmdline);
	free(facts->container);
	*facts = (struct proc_facts){ 0 };
}
