// SPDX-License-Identifier: GPL-2.0-only
/* The list of traced processes, and what they share. */
#include "test.h"

#include <unistd.h>

#include "attach/uprobe.h"
#include "targets/processes.h"

/* Putting probes on and taking them off. */
struct uprobes {
	int unused;
};
static struct uprobes one;
static int freed;

struct bpf_program *kern_program(const struct kern *kern, enum phrude_probe probe, const char *name)
{
	return (struct bpf_program *)&one;
}

int uprobes_open(struct kern *kern, const struct bpf_program *prog, pid_t pid,
		 struct probed_file file, const struct py_site *sites, size_t count,
		 struct uprobes **out, struct err *err)
{
	*out = &one;
	return 0;
}

void uprobes_free(struct uprobes *u)
{
	freed += u == &one;
}

static struct processes ps;

static struct interp_facts *facts(void)
{
	struct interp_facts *f = calloc(1, sizeof(*f));

	f->refs = 1;
	return f;
}

TEST(found_and_removed)
{
	/* three of them in one bucket */
	static const pid_t pids[] = { 5, 5 + PROCESS_BUCKETS, 5 + 2 * PROCESS_BUCKETS, 6 };
	struct process *p[4];

	for (int i = 0; i < 4; i++) {
		p[i] = processes_add(&ps, pids[i]);
		ASSERT(p[i] && p[i]->pid == pids[i]);
	}
	ASSERT_EQ(ps.count, 4);
	ASSERT(processes_add(&ps, 5) == p[0]);
	ASSERT_EQ(ps.count, 4);
	processes_remove(&ps, pids[1]);
	ASSERT(!processes_find(&ps, pids[1]));
	ASSERT(processes_find(&ps, pids[0]) == p[0] && processes_find(&ps, pids[2]) == p[2]);
	processes_remove(&ps, 7777);
	ASSERT_EQ(ps.count, 3);
	processes_fini(&ps);
	ASSERT_EQ(ps.count, 0);
	ASSERT(!processes_find(&ps, 6));
}

TEST(which_of_them_are_alive)
{
	struct interp_facts *f = facts();
	struct process *p = processes_add(&ps, 10);

	ASSERT(!processes_alive(&ps)); /* no interpreter */
	p->undecided = 1;
	ASSERT(processes_alive(&ps));
	p->undecided = 0;
	process_set_interp(p, f);
	interp_facts_unref(f);
	ASSERT(processes_alive(&ps));
	process_set_interp(p, NULL); /* it has become another program */
	ASSERT(!processes_alive(&ps));
	processes_fini(&ps);
}

TEST(what_they_share)
{
	struct interp_facts *f = facts();
	const struct py_site site = { .role = PY_SITE_ENTRY };
	struct err err;

	for (pid_t pid = 1; pid <= 3; pid++)
		process_set_interp(processes_add(&ps, pid), f);
	process_set_interp(processes_find(&ps, 2), f); /* the same once more */
	ASSERT_EQ(f->refs, 4);
	interp_facts_unref(f);
	processes_remove(&ps, 1);
	processes_remove(&ps, 2);
	ASSERT_EQ(f->refs, 1);
	ASSERT(processes_find(&ps, 3)->interp == f);
	ASSERT_EQ(attach_process(NULL, 3, 0, (struct probed_file){ .fd = -1 }, PROBE_FRAME, &site,
				 1, ATTACH_ROLES_ALL,
				 &processes_find(&ps, 3)->attachments[PROBE_FRAME], &err),
		  0);
	processes_fini(&ps);
	ASSERT_EQ(freed, 1);
}

TEST(a_program_is_shared)
{
	struct proc_facts facts = { .exe = strdup("/bin/program") };
	struct process *parent = processes_add(&ps, 1), *child = processes_add(&ps, 2);

	process_set_program(parent, &facts);
	process_share_program(child, parent);
	ASSERT(child->program && child->program == parent->program);
	processes_remove(&ps, 1);
	ASSERT(!strcmp(child->program->facts.exe, "/bin/program"));
	process_set_program(child, NULL); /* it has become another one, of which nothing is known */
	ASSERT(!child->program);
	processes_fini(&ps);
}
