// SPDX-License-Identifier: GPL-2.0-only
#include "proc/procfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "proc/proc_read.h"

int proc_stat(pid_t pid, uint64_t *start_time, char *state, pid_t *ppid)
{
	_cleanup_free_ char *text = NULL;
	unsigned long long start;
	const char *p;
	size_t len;
	char st;
	int parent, ret;

	ret = proc_read_file(pid, "stat", 65536, &text, &len);
	if (ret)
		return ret;
	/*
	 * The name stands in parentheses and may itself contain any character: the last ')' ends
	 * it.
	 */
	p = strrchr(text, ')');
	if (!p || sscanf(p, ") %c %d", &st, &parent) != 2)
		return -EPROTO;
	if (sscanf(p,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%llu",
		   &start) != 1)
		return -EPROTO;
	if (start_time)
		*start_time = start;
	if (state)
		*state = st;
	if (ppid)
		*ppid = parent;
	return 0;
}

int proc_tgid(pid_t pid, pid_t *tgid)
{
	_cleanup_free_ char *text = NULL;
	const char *p;
	size_t len;
	int ret;

	ret = proc_read_file(pid, "status", 65536, &text, &len);
	if (ret)
		return ret;
	/* The first line is the name, in which a newline is escaped: this is the real field. */
	p = strstr(text, "\nTgid:");
	return p && sscanf(p, "\nTgid: %d", tgid) == 1 ? 0 : -EPROTO;
}
