// SPDX-License-Identifier: GPL-2.0-only
/*
 * Being told of processes whose user or cgroup changes.  The programs are an object of their own,
 * which is there only where the selection goes by one of these: each setuid() of the machine and
 * each move to another cgroup runs them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/change.h"
#include "kern/kern.h"
#include "kern/kern_priv.h"

enum { TELL_USER, TELL_CGROUP, TELL_BORN, NR_TELLS };

/* What each is for. */
static const struct {
	const char *program;
	uint32_t change;
} tells[NR_TELLS] = {
	[TELL_USER] = { "change_user", KERN_CHANGE_USER },
	[TELL_CGROUP] = { "change_cgroup", KERN_CHANGE_CGROUP },
	[TELL_BORN] = { "change_born", KERN_CHANGE_CGROUP },
};

struct changes {
	struct tracer *skel;
	struct bpf_link *links[NR_TELLS];
	uint32_t impossible; /* KERN_CHANGE_*: this kernel cannot */
	bool said;
};

const struct tracer *changes_skel(const struct changes *c)
{
	return c ? c->skel : NULL;
}

/* The map with what is told of is given up with the programs. */
static void detach_all(struct changes *c)
{
	for (int i = 0; i < NR_TELLS; i++) {
		bpf_link__destroy(c->links[i]);
		c->links[i] = NULL;
	}
	tracer__destroy(c->skel);
	c->skel = NULL;
}

void changes_free(struct changes *c)
{
	if (!c)
		return;
	detach_all(c);
	free(c);
}

static struct bpf_program *find_program(const struct changes *c, int which)
{
	return bpf_object__find_program_by_name(c->skel->obj, tells[which].program);
}

static int load_programs(struct kern *k, struct changes *c, uint32_t wanted)
{
	struct err err;
	int ret = kern_open_more(k, &c->skel, &err);

	if (ret)
		return ret;
	bpf_map__set_autocreate(c->skel->maps.changes, true);
	for (int i = 0; i < NR_TELLS; i++)
		bpf_program__set_autoload(find_program(c, i), tells[i].change & wanted);
	ret = tracer__load(c->skel);
	for (int i = 0; i < NR_TELLS && !ret; i++) {
		if (!(tells[i].change & wanted))
			continue;
		c->links[i] = bpf_program__attach(find_program(c, i));
		ret = c->links[i] ? 0 : -errno;
	}
	if (ret)
		detach_all(c);
	return ret;
}

/* Which of them are told of now. */
static uint32_t told(const struct changes *c)
{
	uint32_t changes = 0;

	for (int i = 0; i < NR_TELLS; i++)
		changes |= c->links[i] ? tells[i].change : 0;
	return changes;
}

/* With those that can be had: a kernel may be able to tell of cgroups alone. */
static void load_possible(struct kern *k, struct changes *c, uint32_t wanted)
{
	static const uint32_t each[] = { KERN_CHANGE_CGROUP, KERN_CHANGE_USER };

	if (!load_programs(k, c, wanted))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
		if (!(wanted & each[i]))
			continue;
		if (load_programs(k, c, each[i]))
			c->impossible |= each[i];
		detach_all(c);
	}
	if (wanted & ~c->impossible && load_programs(k, c, wanted & ~c->impossible))
		c->impossible |= wanted;
}

static void say_impossible(struct changes *c)
{
	static const char *const what[] = { "", "user", "cgroup", "user or cgroup" };

	if (!c->impossible || c->said)
		return;
	c->said = true;
	log_warn("this kernel has no kprobes, by which it could tell when a process changes its "
		 "%s: that is looked for, and such a process is chosen anew some seconds late "
		 "(changes_late counts those)",
		 what[c->impossible]);
}

uint32_t kern_tell_changes(struct kern *k, uint32_t wanted)
{
	struct changes *c = k->changes;

	if (!wanted && !c)
		return 0;
	if (!c)
		c = k->changes = calloc(1, sizeof(*c));
	if (!c)
		return wanted;
	if (told(c) != (wanted & ~c->impossible)) {
		/* What is not looked at yet is found as what was untold. */
		k->skel->bss->changes_untold += c->skel != NULL;
		detach_all(c);
		if (wanted & ~c->impossible)
			load_possible(k, c, wanted & ~c->impossible);
	}
	say_impossible(c);
	return wanted & c->impossible;
}

bool kern_change_again(struct kern *k, pid_t pid)
{
	const __u32 noted = CHANGE_TOLD;
	const struct bpf_map *map;
	__u32 key = (__u32)pid, value = 0;

	if (!changes_skel(k->changes))
		return false;
	map = k->changes->skel->maps.changes;
	if (!bpf_map__lookup_elem(map, &key, sizeof(key), &value, sizeof(value), 0) &&
	    value == CHANGE_AGAIN)
		return !bpf_map__update_elem(map, &key, sizeof(key), &noted, sizeof(noted),
					     BPF_EXIST);
	bpf_map__delete_elem(map, &key, sizeof(key), 0);
	return false;
}

uint64_t kern_changes_untold(const struct kern *k)
{
	return k->skel->bss->changes_untold;
}
