// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that become others without an exec: their user changes, or their cgroup.  The kernel
 * side tells of each, whether it is traced or not, once.  Who fits now is taken up at that moment,
 * and who fits another target is that one's.  Who fits no more is let go of a second later, if it
 * still does not and has not changed meanwhile: programs become another user for a moment, and what
 * moves a process does so in several steps.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/change.h"
#include "targets/targets_priv.h"

/* Looks in a second. */
#define LOOKS_AT_ONCE 256
#define CHANGING_MAX (4 * PHRUDE_CHANGES_MAX)

static const struct {
	enum select_key key;
	uint32_t change;
} changing_keys[] = {
	{ SELECT_USER, KERN_CHANGE_USER },
	{ SELECT_UNIT, KERN_CHANGE_CGROUP },
	{ SELECT_CGROUP, KERN_CHANGE_CGROUP },
	{ SELECT_CONTAINER, KERN_CHANGE_CGROUP },
	{ SELECT_NAMESPACE, KERN_CHANGE_CGROUP },
	{ SELECT_POD, KERN_CHANGE_CGROUP },
	{ SELECT_CONTAINER_NAME, KERN_CHANGE_CGROUP },
	{ SELECT_LABELS, KERN_CHANGE_CGROUP },
};

void targets_watch_changes(struct targets *t)
{
	uint32_t wanted = 0;

	if (!t->config.discovers)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(changing_keys); i++) {
		if (selection_goes_by(&t->policy->selection, changing_keys[i].key))
			wanted |= changing_keys[i].change;
	}
	/* What may change is what is looked up in a process that lives. */
	t->chooses_alive = wanted;
	kern_choose_alive(t->kern, wanted);
	t->unseen_changes = kern_tell_changes(t->kern, wanted);
}

bool targets_changing_full(const struct targets *t)
{
	return t->changing.count == CHANGING_MAX;
}

void targets_note_changing(struct targets *t, pid_t pid, bool late)
{
	struct changing *more;

	if (pid == getpid() || targets_changing_full(t))
		return;
	for (size_t i = 0; i < t->changing.count; i++) {
		if (t->changing.list[i].pid == pid)
			return;
	}
	more = reallocarray(t->changing.list, t->changing.count + 1, sizeof(*more));
	if (!more)
		return;
	t->changing.list = more;
	more[t->changing.count++] = (struct changing){ pid, late };
}

/* What a look has come to. */
enum looked { SAME, CHANGED, PUT_OFF };

/* It goes by other rules since `when` (CLOCK_MONOTONIC, ns), which may need other probes. */
static void change_list(struct targets *t, struct process *p, struct config_list before,
			uint64_t when)
{
	struct err err;
	int ret;

	interp_facts_ref(p->interp);
	interp_facts_unref(p->former);
	p->former = p->interp;
	p->former_list = before;
	p->renewed = when;
	identities_publish(&t->identities, p);
	ret = targets_retrace(t, p, &err);
	if (ret && ret != -ESRCH)
		log_warn("pid %d is target %s now; what only that one's rules watch may be missed "
			 "in it: %s",
			 p->pid, p->selected->name, err.msg);
	targets_detach_unneeded(p);
	p->disarms = true;
}

/* uid as of targets_choose_known(); last: it is let go of if it does not fit. */
static enum looked look_at_known(struct targets *t, struct process *p, uid_t uid, bool last,
				 uint64_t when)
{
	struct config_list before = p->list;
	const struct select_target *chosen;

	/* Another one has its pid, and its end is told of. */
	if (!targets_is_same(p))
		return SAME;
	targets_facts_moved(t, p);
	chosen = targets_choose_known(t, p, uid);
	if (!chosen && last)
		targets_leave(t, p);
	if (!chosen)
		return last ? CHANGED : SAME;
	if (chosen == p->selected) {
		identities_publish(&t->identities, p);
		return SAME;
	}
	process_select(p, chosen, t->policy);
	if (p->interp && (p->list.first != before.first || p->list.count != before.count))
		change_list(t, p, before, when);
	identities_publish(&t->identities, p);
	return CHANGED;
}

static bool is_entered(const struct targets *t, pid_t pid)
{
	struct py_proc proc;

	return !kern_proc_get(t->kern, pid, &proc);
}

/*
 * Its command line stands in its memory, which may not answer.  Strangers of one user share an
 * allowance, as what descends from one target does.
 */
static enum looked look_at_stranger(struct targets *t, pid_t pid, uid_t uid)
{
	bool entered = is_entered(t, pid);
	struct process stranger = { .pid = pid };
	const struct select_target *chosen;
	uid_t own = uid;
	struct look look;

	if (uid == PHRUDE_UID_SAME && proc_uid(pid, &own))
		return SAME;
	stranger.family = targets_strangers(own);
	if (!targets_look_begin(t, &stranger, &look))
		return targets_may_look_ever(t, &stranger) ? PUT_OFF : SAME;
	chosen = targets_choose_present(t, pid, uid);
	if (targets_look_end(t, &stranger, &look))
		chosen = NULL;
	if (!chosen)
		return SAME;
	targets_take_up(t, pid, chosen, entered);
	return CHANGED;
}

static enum looked look_at(struct targets *t, pid_t pid, uid_t uid, bool last, uint64_t when)
{
	struct process *p = processes_find(&t->processes, pid);

	if (!p || p->leaving)
		return look_at_stranger(t, pid, uid);
	/* What is no Python is let go of anyway. */
	if (!p->selected || (!p->interp && !p->undecided && !p->starting))
		return SAME;
	return look_at_known(t, p, uid, last, when);
}

/* It has exec'ed since, or was forked: the record of that is on its way. */
static bool is_told_of(const struct targets *t, pid_t pid)
{
	return !processes_find(&t->processes, pid) && is_entered(t, pid);
}

void targets_changed(struct targets *t, const struct ev_proc *ev)
{
	pid_t pid = (pid_t)ev->hdr.pid;

	if (!t->config.discovers || t->ending || pid == getpid())
		return;
	targets_note_changing(t, pid, false);
	/* The reload chooses anew. */
	if (!t->reloading && !is_told_of(t, pid))
		look_at(t, pid, ev->other, false, ev->hdr.time_ns);
}

void targets_change_tick(struct targets *t)
{
	size_t n = MIN(t->changing.count, (size_t)LOOKS_AT_ONCE), left;
	struct changing now[LOOKS_AT_ONCE];

	if (!t->config.discovers || !t->ready || t->reloading)
		return;
	left = t->changing.count - n;
	memcpy(now, t->changing.list, n * sizeof(*now));
	memmove(t->changing.list, t->changing.list + n, left * sizeof(*now));
	t->changing.count = left;
	for (size_t i = 0; i < n; i++) {
		bool again = kern_change_again(t->kern, now[i].pid);
		enum looked looked =
			look_at(t, now[i].pid, PHRUDE_UID_SAME, !again, clock_now_ns());

		t->changes_late += now[i].late && looked == CHANGED;
		if (again || looked == PUT_OFF)
			targets_note_changing(t, now[i].pid, now[i].late);
	}
	targets_go_round(t);
}
