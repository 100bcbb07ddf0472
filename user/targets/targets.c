// SPDX-License-Identifier: GPL-2.0-only
#include "targets/targets.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "elf/elf_file.h"
#include "targets/targets_priv.h"

int targets_new(struct kern *kern, const struct targets_config *config, struct targets **out,
		struct err *err)
{
	_cleanup_(targets_freep) struct targets *t = calloc(1, sizeof(*t));
	int ret = 0;

	if (!t)
		return err_set(err, -ENOMEM, "out of memory");
	t->config = *config;
	t->kern = kern;
	t->groups.kern = kern;
	identities_init(&t->identities);
	t->direct = direct_probes_new(kern);
	if (!t->direct)
		return err_set(err, -ENOMEM, "out of memory");
	if (kern_is_sleepable(kern))
		ret = armer_new(kern, &t->armer, err);
	if (!ret)
		ret = watch_rules(kern, config->rules, t->names, err);
	if (!ret)
		ret = targets_expect_imports(t, err);
	if (!ret)
		*out = TAKE_PTR(t);
	return ret;
}

/* What covers all processes. */
static void detach_all(struct targets *t)
{
	t->places_refused += direct_probes_refused(t->direct);
	direct_probes_free(t->direct);
	t->direct = NULL;
	groups_detach(&t->groups);
}

void targets_free(struct targets *t)
{
	if (!t)
		return;
	detach_all(t);
	groups_fini(&t->groups);
	processes_fini(&t->processes);
	identities_fini(&t->identities);
	armer_free(t->armer);
	free(t->import_numbers);
	free(t->found.list);
	free(t);
}

/* The next process of the configuration. */
static int attach_one(struct targets *t, struct err *err)
{
	pid_t pid = t->config.pids[t->nr_attached++];
	int ret = processes_find(&t->processes, pid) ? 0 : targets_add(t, pid, 0, err);
	bool last = t->nr_attached == t->config.nr_pids;

	/* One that does not answer must not keep the others from being traced. */
	if (ret == -ETIMEDOUT && t->config.nr_pids > 1 && !(last && !t->processes.count)) {
		log_warn("%s", err->msg);
		return 0;
	}
	return ret;
}

int targets_attach_next(struct targets *t, struct err *err)
{
	int ret = 0;

	if (t->config.selection)
		return targets_discover_next(t, err);
	if (!t->nr_attached)
		targets_expect(t);
	if (t->nr_attached < t->config.nr_pids)
		ret = attach_one(t, err);
	if (ret)
		return ret;
	if (t->nr_attached < t->config.nr_pids)
		return 1;
	targets_take_children(t);
	targets_say_ready(t);
	return 0;
}

bool targets_take_started(void *targets, pid_t pid, uint64_t thread_pointer)
{
	struct targets *t = targets;
	struct err err;
	int ret;

	if (t->ending)
		return false;
	ret = targets_add(t, pid, thread_pointer, &err);
	if (ret == 0) {
		if (!t->ready)
			targets_say_ready(t);
		return true;
	}
	if (ret != -ENOEXEC && ret != -ESRCH && ret != -EAGAIN)
		log_warn("pid %d is not traced: %s", pid, err.msg);
	return false;
}

struct stops *targets_stops(struct targets *t)
{
	return &t->stops;
}

void targets_tick(struct targets *t, bool read)
{
	if (t->ending)
		return;
	if (read)
		targets_check(t);
	if (t->config.selection)
		targets_drop_others(t);
	targets_say_refused(t);
	elf_files_collect();
	groups_collect(&t->groups, &t->processes, t->direct, clock_now_ms());
}

bool targets_are_undecided(const struct targets *t)
{
	return t->undecided;
}

bool targets_are_alive(const struct targets *t)
{
	return t->config.selection || processes_alive(&t->processes);
}

size_t targets_traced(const struct targets *t)
{
	size_t traced = 0;

	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (const struct process *p = t->processes.buckets[i]; p; p = p->next)
			traced += p->interp != NULL;
	}
	return traced;
}

bool targets_are_ready(const struct targets *t)
{
	return t->ready;
}

void targets_end(struct targets *t)
{
	t->ending = true;
	kern_stop(t->kern);
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *p = t->processes.buckets[i]; p; p = p->next) {
			targets_detach_own(p);
			arm_free(p->arming);
			p->arming = NULL;
		}
	}
	detach_all(t);
	kern_wait_released(t->kern);
}

void targets_count(struct targets *t, uint64_t values[NR_COUNTERS])
{
	values[COUNTER_forks_late] = t->forks_late;
	values[COUNTER_imports_late] = t->imports_late;
	values[COUNTER_programs_unseen] = t->programs_unseen;
	values[COUNTER_places_refused] = t->places_refused;
	values[COUNTER_looks_given_up] = t->looks_given_up;
	values[COUNTER_looks_put_off] = t->looks_put_off;
	armer_losses(t->armer, &values[COUNTER_arms_given_up], &values[COUNTER_arms_late],
		     &values[COUNTER_arms_cut]);
}
