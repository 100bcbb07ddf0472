// SPDX-License-Identifier: GPL-2.0-only
#include "base/inherited.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/util.h"

static const int changed[] = { SIGPIPE, SIGCHLD, SIGXFSZ };

static struct {
	struct sigaction actions[ARRAY_SIZE(changed)];
	sigset_t mask;
	struct rlimit limits[RLIM_NLIMITS];
	int nice;
} original;

void inherited_remember(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
		sigaction(changed[i], NULL, &original.actions[i]);
	sigprocmask(SIG_SETMASK, NULL, &original.mask);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit(i, &original.limits[i]);
	original.nice = getpriority(PRIO_PROCESS, 0);
}

int inherited_restore(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit now;

		/* One that was not changed needs no privilege. */
		if (getrlimit(i, &now))
			return -errno;
		if ((now.rlim_cur != original.limits[i].rlim_cur ||
		     now.rlim_max != original.limits[i].rlim_max) &&
		    setrlimit(i, &original.limits[i]))
			return -errno;
	}
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++) {
		if (sigaction(changed[i], &original.actions[i], NULL))
			return -errno;
	}
	if (getpriority(PRIO_PROCESS, 0) != original.nice &&
	    setpriority(PRIO_PROCESS, 0, original.nice))
		return -errno;
	return sigprocmask(SIG_SETMASK, &original.mask, NULL) ? -errno : 0;
}

bool inherited_ignores(int sig)
{
	struct sigaction action;

	for (size_t i = 0; i < ARRAY_SIZE(changed); i++) {
		if (sig == changed[i])
			return original.actions[i].sa_handler == SIG_IGN;
	}
	return !sigaction(sig, NULL, &action) && action.sa_handler == SIG_IGN;
}

/*
 * In steps of nice(2): three times as much of a processor as others, and before them when something
 * comes.
 */
#define SOONER 5

void inherited_raise_priority(void)
{
	setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - SOONER);
}

void inherited_lower_priority(void)
{
	if (getpriority(PRIO_PROCESS, 0) < original.nice)
		setpriority(PRIO_PROCESS, 0, original.nice);
}

#define DESCRIPTORS 65536

void inherited_raise_descriptors(void)
{
	struct rlimit limit, more = { DESCRIPTORS, DESCRIPTORS };

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= DESCRIPTORS)
		return;
	/* Past the hard limit only with privilege. */
	if (limit.rlim_max >= DESCRIPTORS)
		more.rlim_max = limit.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &more))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
