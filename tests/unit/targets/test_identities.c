// SPDX-License-Identifier: GPL-2.0-only
/* What another thread sees of processes that come, change and go. */
#include "test.h"

#include <pthread.h>

#include "targets/identities.h"

/* Probes, of which there are none here. */
void uprobes_free(struct uprobes *u)
{
}

static struct processes ps;
static struct identities ids;

static struct interp_facts *facts_of(const char *version)
{
	struct interp_facts *f = calloc(1, sizeof(*f));

	f->refs = 1;
	snprintf(f->version, sizeof(f->version), "%s", version);
	return f;
}

static struct process *process_with(pid_t pid, const char *version, const char *container)
{
	struct interp_facts *f = facts_of(version);
	struct proc_facts facts = { .exe = strdup(version) };
	struct process *p = processes_add(&ps, pid);

	process_set_interp(p, f);
	interp_facts_unref(f);
	process_set_program(p, &facts);
	free(p->container);
	p->container = container ? strdup(container) : NULL;
	return p;
}

/*
 * Renewed by another policy: both are there, until the next time; a fork has what its parent has.
 */
TEST(what_was_before)
{
	struct interp_facts *one = facts_of("3.8.1"), *two = facts_of("3.8.1"),
			    *three = facts_of("3.8.1");
	struct process *p = processes_add(&ps, 5), *child = processes_add(&ps, 6);
	struct identity *id;

	identities_init(&ids);
	process_set_interp(p, one);
	process_renew_interp(p, two, 77);
	process_share_interp(child, p);
	identities_publish(&ids, child);
	process_renew_interp(p, three, 99);
	ASSERT(p->interp == three && p->former == two && p->renewed == 99);
	id = identities_get(&ids, 6);
	ASSERT(id->interp == two && id->former == one && id->renewed == 77);
	identity_unref(id);
	interp_facts_unref(one);
	interp_facts_unref(two);
	interp_facts_unref(three);
	processes_fini(&ps);
	identities_fini(&ids);
}

TEST(the_policy_in_force)
{
	struct config_rules rules = { 0 };
	struct config config = { 0 };
	struct policy *p, *got;

	ASSERT(!policy_new(&rules, &config, 0, &p));
	identities_init(&ids);
	ASSERT(!identities_policy(&ids));
	identities_set_policy(&ids, p);
	got = identities_policy(&ids);
	ASSERT(got == p);
	policy_unref(got);
	policy_unref(p);
	identities_set_policy(&ids, NULL);
	ASSERT(!identities_policy(&ids));
	identities_fini(&ids);
}

TEST(as_it_was_published)
{
	struct identity *before, *after;

	identities_init(&ids);
	ASSERT(!identities_get(&ids, 5));
	identities_publish(&ids, process_with(5, "3.8.1", NULL));
	before = identities_get(&ids, 5);
	/* Changed, and not published yet. */
	process_with(5, "3.12.0", "3f2a9c");
	after = identities_get(&ids, 5);
	ASSERT(after == before);
	identity_unref(after);
	identities_publish(&ids, processes_find(&ps, 5));
	after = identities_get(&ids, 5);
	ASSERT_STR(before->interp->version, "3.8.1");
	ASSERT_STR(before->program->facts.exe, "3.8.1");
	ASSERT(!before->container);
	ASSERT_STR(after->interp->version, "3.12.0");
	ASSERT_STR(after->container, "3f2a9c");
	processes_remove(&ps, 5);
	identities_remove(&ids, 5);
	ASSERT(!identities_get(&ids, 5));
	/* Whoever has a share of it has it still. */
	ASSERT_STR(after->program->facts.exe, "3.12.0");
	identity_unref(before);
	identity_unref(after);
	processes_fini(&ps);
	identities_fini(&ids);
}

TEST(what_kubernetes_calls_it)
{
	struct kube_known *known = kube_known_new("/nonexistent", NULL, NULL);
	struct process *p = process_with(5, "3.8.1", NULL);
	struct identity *id;

	identities_init(&ids);
	p->kube = kube_known_get(known, 5, "0::/kubepods/pod0f1e2d3c4b5a69788796a5b4c3d2e1f0\n", 0);
	kube_known_free(known);
	identities_publish(&ids, p);
	processes_fini(&ps);
	id = identities_get(&ids, 5);
	ASSERT_STR(kube_facts(id->kube)->pod_uid, "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
	identity_unref(id);
	identities_fini(&ids);
}

TEST(in_which_cgroup_it_is)
{
	struct process *p = process_with(5, "3.8.1", NULL);
	struct identity *id;

	identities_init(&ids);
	identities_publish(&ids, p);
	id = identities_get(&ids, 5);
	ASSERT(identity_is_in(id, 77));
	ASSERT(!identity_is_in(id, 78));
	ASSERT(identity_is_in(id, 77));
	identity_unref(id);
	/* Nothing new is known of that. */
	identities_publish(&ids, p);
	id = identities_get(&ids, 5);
	ASSERT(!identity_is_in(id, 78));
	identity_unref(id);
	p->cgroup = 78;
	identities_publish(&ids, p);
	id = identities_get(&ids, 5);
	ASSERT(identity_is_in(id, 78));
	identity_unref(id);
	processes_fini(&ps);
	identities_fini(&ids);
}

TEST(several_in_one_bucket)
{
	const pid_t pids[] = { 7, 7 + IDENTITIES_BUCKETS, 7 + 2 * IDENTITIES_BUCKETS };

	identities_init(&ids);
	for (int i = 0; i < 3; i++)
		identities_publish(&ids, process_with(pids[i], "3.9.9", NULL));
	identities_publish(&ids, processes_find(&ps, pids[1]));
	identities_remove(&ids, pids[1]);
	identities_remove(&ids, pids[1]);
	for (int i = 0; i < 3; i++) {
		struct identity *id = identities_get(&ids, pids[i]);

		ASSERT_EQ(id ? id->pid : 0, i == 1 ? 0 : pids[i]);
		identity_unref(id);
	}
	processes_fini(&ps);
	identities_fini(&ids);
}

static atomic_bool over;

static void *look(void *arg)
{
	size_t wrong = 0;

	while (!atomic_load(&over)) {
		struct identity *id = identities_get(&ids, 5);

		/* What belongs together is of one time. */
		wrong += id && strcmp(id->interp->version, id->program->facts.exe) != 0;
		identity_unref(id);
	}
	return (void *)wrong;
}

TEST(while_it_changes)
{
	pthread_t thread;
	void *wrong;

	identities_init(&ids);
	ASSERT_EQ(pthread_create(&thread, NULL, look, NULL), 0);
	for (int i = 0; i < 5000; i++) {
		identities_publish(&ids, process_with(5, i % 2 ? "3.8.1" : "3.12.0", "3f2a9c"));
		if (i % 7 == 0)
			identities_remove(&ids, 5);
	}
	atomic_store(&over, true);
	pthread_join(thread, &wrong);
	ASSERT(!wrong);
	processes_fini(&ps);
	identities_fini(&ids);
}
