// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels of pods come when they come, and change.  Processes of a pod whose labels have are looked
 * at as those that have changed themselves, traced or not; they are found in walks through all that
 * there are, which go on in a hundredth of the time.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "targets/targets_priv.h"

/* Of each second. */
#define WALK_NS (10 * NSEC_PER_MSEC)

/* Once it is asked it goes on: alerts have labels as well. */
void targets_watch_labels(struct targets *t)
{
	if (t->pod_watch || !t->config.discovers ||
	    !selection_goes_by(&t->policy->selection, SELECT_LABELS))
		return;
	t->pod_watch = pod_watch_start(t->config.kube_account, t->config.kube_node, t->pods);
	if (!t->pod_watch)
		log_warn("labels of pods are not known, and fit nothing: there is no memory, or no "
			 "thread, to ask for them");
}

void targets_pods(const struct targets *t, struct pod_watch_status *out)
{
	pod_watch_status(t->pod_watch, out);
}

/* false: there is no reason for one. */
static bool begin_walk(struct targets *t)
{
	uint64_t changes = kube_pods_changes(t->pods);

	if (changes == t->labelled.until)
		return false;
	t->labelled.dir = opendir("/proc");
	if (!t->labelled.dir)
		return false;
	t->labelled.since = t->labelled.until;
	t->labelled.until = changes;
	return true;
}

/* What is traced says in its alerts what it is now, whether it is chosen anew or not. */
static void look_at(struct targets *t, pid_t pid)
{
	struct kube *kube = targets_kube_find(t, pid);

	if (kube_labelled(kube) > t->labelled.since)
		targets_note_changing(t, pid, false);
	kube_unref(kube);
}

void targets_labels_tick(struct targets *t)
{
	int64_t began = clock_now_ns();
	struct dirent *entry;

	if (!t->pod_watch || !t->ready || (!t->labelled.dir && !begin_walk(t)))
		return;
	do {
		pid_t pid;

		/* What was noted is looked at first. */
		if (targets_changing_full(t))
			return;
		entry = readdir(t->labelled.dir);
		pid = entry ? (pid_t)strtol(entry->d_name, NULL, 10) : 0;
		if (pid > 0 && pid != getpid())
			look_at(t, pid);
	} while (entry && clock_now_ns() - began < WALK_NS);
	if (entry)
		return;
	closedir(t->labelled.dir);
	t->labelled.dir = NULL;
}

void targets_labels_end(struct targets *t)
{
	pod_watch_stop(t->pod_watch);
	if (t->labelled.dir)
		closedir(t->labelled.dir);
}
