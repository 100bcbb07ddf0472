// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shares of what all targets have in common (bpf/abi/share.h): one is given back when nobody is
 * left who has a part of it.  A child has one from the moment of its fork on, and that is told of a
 * little later: a share that nobody is known to have is kept for some looks more.
 */
#include <stdlib.h>

#include "targets/targets_priv.h"

#define LOOKS 3

static bool is_shared(const struct targets *t, pid_t share)
{
	processes_for_each(p, &t->processes) {
		if (p->share == share)
			return true;
	}
	return false;
}

void targets_unshare(struct targets *t, pid_t share)
{
	struct unshared *more;

	if (!share || is_shared(t, share))
		return;
	more = reallocarray(t->unshared.list, t->unshared.count + 1, sizeof(*more));
	if (!more) {
		kern_target_share_delete(t->kern, share);
		return;
	}
	t->unshared.list = more;
	more[t->unshared.count++] = (struct unshared){ .share = share };
}

void targets_give_back_shares(struct targets *t)
{
	struct py_proc proc;
	size_t kept = 0;

	for (size_t i = 0; i < t->unshared.count; i++) {
		struct unshared u = t->unshared.list[i];

		if (is_shared(t, u.share))
			continue;
		/* Another process may have that pid by now, and be told of in a moment. */
		if (u.looks++ < LOOKS || !kern_proc_get(t->kern, u.share, &proc))
			t->unshared.list[kept++] = u;
		else
			kern_target_share_delete(t->kern, u.share);
	}
	t->unshared.count = kept;
}
