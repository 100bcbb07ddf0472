// SPDX-License-Identifier: GPL-2.0-only
#include "targets/targets.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "elf/elf_file.h"
#include "targets/targets_priv.h"

int targets_new(struct kern *kern, const struct targets_config *config, struct policy *policy,
		struct targets **out, struct err *err)
{
	_cleanup_(targets_freep) struct targets *t = calloc(1, sizeof(*t));
	int ret = 0;

	if (!t)
		return err_set(err, -ENOMEM, "out of memory");
	t->config = *config;
	t->kern = kern;
	t->groups.kern = kern;
	identities_init(&t->identities);
	t->policy = policy_ref(policy);
	identities_set_policy(&t->identities, policy);
	t->direct = direct_probes_new(kern);
	if (config->discovers) {
		t->pods = kube_pods_new();
		t->kube_known = kube_known_new(config->kube_logs, config->kube_node, t->pods);
	}
	if (!t->direct || (config->discovers && (!t->kube_known || !t->pods)))
		return err_set(err, -ENOMEM, "out of memory");
	if (kern_is_sleepable(kern))
		ret = armer_new(kern, &t->armer, err);
	if (!ret)
		ret = watch_policy(kern, policy, err);
	if (ret)
		return ret;
	targets_watch_changes(t);
	targets_watch_labels(t);
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
	free(t->had);
	groups_fini(&t->groups);
	processes_fini(&t->processes);
	identities_fini(&t->identities);
	targets_labels_end(t);
	kube_known_free(t->kube_known);
	kube_pods_free(t->pods);
	armer_free(t->armer);
	policy_unref(t->policy);
	policy_unref(t->former);
	free(t->found.list);
	free(t->changing.list);
	targets_round_free(t->round);
	free(t->unshared.list);
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

static void check_processes(struct targets *t)
{
	processes_for_each(p, &t->processes) {
		targets_armed(p);
		targets_disarm_former(t, p);
		targets_look_for_late(
			t, p); /* what comes into a module without an import of a C one */
		if (!kill(p->pid, 0) || errno != ESRCH) {
			p->gone = false;
			continue;
		}
		/*
		 * What it left in the ring is read before the next look, and must not meet
		 * a process unknown.
		 */
		if (!p->gone) {
			p->gone = true;
			continue;
		}
		targets_let_go(t, p->pid);
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct process *const *pa = a, *const *pb = b;

	return (*pa)->pid < (*pb)->pid ? -1 : (*pa)->pid > (*pb)->pid;
}

static void say_ready(struct targets *t)
{
	_cleanup_free_ struct process **list = calloc(t->processes.count + 1, sizeof(*list));
	_cleanup_buf_ struct buf who = { 0 }, probes = { 0 };
	size_t n = 0;

	if (!list)
		return;
	processes_for_each(p, &t->processes) {
		if (p->interp)
			list[n++] = p;
	}
	if (!n)
		return;
	qsort(list, n, sizeof(struct process *), by_pid);
	for (size_t i = 0; i < n; i++)
		buf_printf(&who, "%spid %d CPython %s", i ? ", " : "", list[i]->pid,
			   list[i]->interp->version);
	plan_print(&probes, list[0]->interp->probe_of_rule,
		   list[0]->interp->policy->rules.nr_rules);
	log_info("ready: %s, %zu rules, probes: %s", who.data, t->policy->rules.nr_rules,
		 probes.data);
	t->ready = true;
}

int targets_attach_next(struct targets *t, struct err *err)
{
	int ret = 0;

	if (t->config.discovers)
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
	say_ready(t);
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
			say_ready(t);
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
	if (read) {
		check_processes(t);
		targets_drop_leaving(t, false);
	}
	if (t->config.discovers)
		targets_drop_others(t);
	targets_kube_tick(t);
	targets_labels_tick(t);
	targets_change_tick(t);
	targets_give_back_shares(t);
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
	return t->config.discovers || processes_alive(&t->processes);
}

const char *const targets_state_names[NR_TARGETS_STATES] = {
	[TARGETS_TRACED] = "traced",
	[TARGETS_UNANSWERING] = "unanswering",
	[TARGETS_UNDECIDED] = "undecided",
	[TARGETS_OTHER] = "other",
};

static enum targets_state state_of(const struct process *p)
{
	if (p->interp)
		return p->deaf ? TARGETS_UNANSWERING : TARGETS_TRACED;
	return p->starting || p->undecided ? TARGETS_UNDECIDED : TARGETS_OTHER;
}

void targets_states(const struct targets *t, size_t by_state[NR_TARGETS_STATES])
{
	memset(by_state, 0, NR_TARGETS_STATES * sizeof(*by_state));
	processes_for_each(p, &t->processes)
		by_state[state_of(p)]++;
}

size_t targets_known(const struct targets *t)
{
	return t->processes.count;
}

void targets_list(const struct targets *t, bool (*fn)(void *ctx, const struct targets_seen *seen),
		  void *ctx)
{
	processes_for_each(p, &t->processes) {
		struct targets_seen seen = {
			.pid = p->pid,
			.since_ns = p->since_ns,
			.state = state_of(p),
			.exe = p->program ? p->program->facts.exe : NULL,
			.python = p->interp ? p->interp->version : NULL,
			.target = p->selected ? p->selected->name : NULL,
		};

		if (!fn(ctx, &seen))
			return;
	}
}

const struct policy *targets_policy(const struct targets *t)
{
	return t->policy;
}

size_t targets_traced(const struct targets *t)
{
	size_t by_state[NR_TARGETS_STATES];

	targets_states(t, by_state);
	return by_state[TARGETS_TRACED] + by_state[TARGETS_UNANSWERING];
}

bool targets_are_ready(const struct targets *t)
{
	return t->ready;
}

void targets_end(struct targets *t)
{
	t->ending = true;
	kern_stop(t->kern);
	processes_for_each(p, &t->processes) {
		targets_detach_own(p);
		arm_free(p->arming);
		p->arming = NULL;
	}
	detach_all(t);
	kern_wait_released(t->kern);
}

void targets_count(struct targets *t, uint64_t values[NR_COUNTERS])
{
	struct pod_watch_status pods;

	values[COUNTER_forks_late] = t->forks_late;
	values[COUNTER_imports_late] = t->imports_late;
	values[COUNTER_programs_unseen] = t->programs_unseen;
	values[COUNTER_places_refused] = t->places_refused;
	values[COUNTER_looks_given_up] = t->looks_given_up;
	values[COUNTER_looks_put_off] = t->looks_put_off;
	values[COUNTER_reloads_refused] = t->reloads_refused;
	values[COUNTER_changes_late] = t->changes_late;
	targets_pods(t, &pods);
	values[COUNTER_labels_restarts] = pods.restarts;
	values[COUNTER_labels_refused] = pods.refused;
	armer_losses(t->armer, &values[COUNTER_arms_given_up], &values[COUNTER_arms_late],
		     &values[COUNTER_arms_cut]);
}
