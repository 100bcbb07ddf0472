// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading the programs, of which the kernel takes a quarter of a second to verify one that reports
 * calls.  So what may never be needed is loaded when it is: in an object of its own, which uses the
 * maps of the first.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/layout.h"
#include "kern/kern.h"
#include "kern/kern_uprobe_multi.h"
#include "kern/kern_priv.h"
#include "probe/probe_kind.h"
#include "request/request_names.h"

struct bpf_program *kern_program(const struct kern *k, enum phrude_probe probe, const char *name)
{
	const struct tracer *skel = k->more[probe] ? k->more[probe] : k->skel;
	struct bpf_program *prog = bpf_object__find_program_by_name(skel->obj, name);

	return prog && bpf_program__fd(prog) >= 0 ? prog : NULL;
}

static void choose_kind(const struct tracer *skel, enum phrude_probe probe, bool load)
{
	const struct probe_kind *kind = probe_kind(probe);

	for (size_t i = 0; kind && i < PROBE_PROGRAMS_MAX && kind->programs[i].name; i++)
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(skel->obj, kind->programs[i].name), load);
}

/* Leaves out the entry programs of other kinds. */
static void choose_kinds(const struct tracer *skel, uint32_t kinds)
{
	/* First all, as two kinds may share a program. */
	for (int probe = 0; probe < NR_PROBES; probe++)
		choose_kind(skel, probe, false);
	for (int probe = 0; probe < NR_PROBES; probe++) {
		if (kinds & 1u << probe)
			choose_kind(skel, probe, true);
	}
}

/*
 * How the programs on uprobes run, and how they are attached: both are fixed when they are loaded.
 */
static void set_features(const struct kern *k, const struct tracer *skel)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
	{
		if (bpf_program__type(prog) != BPF_PROG_TYPE_KPROBE)
			continue;
		if (k->sleepable)
			bpf_program__set_flags(prog, BPF_F_SLEEPABLE);
		if (k->uprobe_multi)
			bpf_program__set_expected_attach_type(prog, KERN_UPROBE_MULTI);
	}
}

/*
 * Slots for events being put together, see bpf/scratch.bpf.c: several a CPU, since a program may be
 * preempted.  Each takes 170 KB of the kernel's memory.  A quarter is enough for all threads of a
 * process that run at once, as only a thread without the GIL comes beside others; half leaves as
 * many to others as a target has.
 */
static unsigned int scratch_slots(int nr_cpus)
{
	return MIN(MAX(4 * nr_cpus + 4, 16), 64);
}

/* What only kern_tell_changes() needs. */
static int leave_out_changes(const struct tracer *skel)
{
	return bpf_map__set_autocreate(skel->maps.changes, false);
}

static int load_once(struct kern *k, uint32_t kinds, bool request, struct err *err)
{
	__u64 key[2];
	int ret;

	kern_yield_unmap(k);
	tracer__destroy(k->skel);
	k->skel = tracer__open();
	if (!k->skel)
		return err_set(err, -errno, "cannot open the BPF object: %s", strerror(errno));
	ret = getrandom(key, sizeof(key), 0) == sizeof(key) ? 0 : -errno;
	if (ret)
		return err_set(err, ret, "cannot get random bytes: %s", strerror(-ret));
	k->skel->rodata->cfg_digest_key[0] = key[0];
	k->skel->rodata->cfg_digest_key[1] = key[1];
	ret = request_names_fill(&k->skel->rodata->cfg_names);
	if (ret)
		return err_set(err, ret, "the names of frameworks have no room: %s",
			       strerror(-ret));
	k->skel->rodata->cfg_request = request;
	k->skel->rodata->cfg_sleepable = k->sleepable;
	k->skel->rodata->cfg_find_vma = k->find_vma;
	k->skel->rodata->cfg_scratch_slots = scratch_slots(k->nr_cpus);
	k->skel->rodata->cfg_match_ns = k->match_ns;
	k->skel->rodata->cfg_costs = k->costs;
	k->skel->rodata->cfg_slots_process = scratch_slots(k->nr_cpus) / 4;
	k->skel->rodata->cfg_slots_target = scratch_slots(k->nr_cpus) / 2;
	ret = bpf_map__set_max_entries(k->skel->maps.scratch, scratch_slots(k->nr_cpus));
	if (!ret)
		ret = kern_yield_prepare(k, k->skel) ?: leave_out_changes(k->skel);
	if (ret)
		return err_set(err, ret, "cannot size the BPF maps: %s", strerror(-ret));
	choose_kinds(k->skel, kinds);
	bpf_program__set_autoload(k->skel->progs.mapped_file, k->find_vma);
	set_features(k, k->skel);
	ret = tracer__load(k->skel);
	return ret ? ret : kern_yield_map(k);
}

static int say_refused(int ret, int why, struct err *err)
{
	struct utsname uts;

	if (why == -EMFILE)
		return err_set(err, why, "cannot load the BPF programs: %s", strerror(-why));
	uname(&uts);
	return err_set(
		err, ret == -EPERM ? -EPERM : -EOPNOTSUPP,
		"this kernel (%s) does not accept the BPF programs: %s; Linux 5.15 or later "
		"with CONFIG_BPF_SYSCALL, CONFIG_UPROBES and CONFIG_DEBUG_INFO_BTF is needed "
		"(--verbose shows the kernel's own words)",
		uts.release, strerror(-why));
}

int kern_load(struct kern *k, uint32_t kinds, struct err *err)
{
	struct utsname uts;
	int ret, first;

	first = ret = load_once(k, kinds, true, err);
	if (ret && ret != -EPERM && k->yield != YIELD_NONE) {
		log_debug("loading once more without a way to give up the CPU");
		k->yield = YIELD_NONE;
		first = ret = load_once(k, kinds, true, err);
	}
	if (ret == -E2BIG) {
		ret = load_once(k, kinds, false, err);
		uname(&uts);
		if (!ret)
			log_warn("the verifier of this kernel (%s) does not get through the search "
				 "for HTTP requests: `request` will be null in every alert",
				 uts.release);
	}
	return ret ? say_refused(ret, first, err) : 0;
}

static int share_maps(const struct tracer *from, struct tracer *to)
{
	struct bpf_map *map;
	int ret = 0;

	bpf_object__for_each_map(map, to->obj)
	{
		const struct bpf_map *shared =
			bpf_object__find_map_by_name(from->obj, bpf_map__name(map));

		if (!shared)
			return -ENOENT;
		if (!bpf_map__autocreate(shared))
			continue;
		ret = bpf_map__reuse_fd(map, bpf_map__fd(shared));
		if (ret)
			return ret;
	}
	return 0;
}

int kern_open_more(struct kern *k, struct tracer **out, struct err *err)
{
	struct tracer *skel = tracer__open();
	struct bpf_program *prog;
	int ret;

	if (!skel)
		return err_set(err, -errno, "cannot open the BPF object: %s", strerror(errno));
	ret = kern_yield_prepare(k, skel) ?: leave_out_changes(skel);
	if (!ret)
		ret = share_maps(k->skel, skel);
	if (ret) {
		tracer__destroy(skel);
		return err_set(err, ret, "cannot share the BPF maps: %s", strerror(-ret));
	}
	bpf_object__for_each_program(prog, skel->obj) bpf_program__set_autoload(prog, false);
	*out = skel;
	return 0;
}

int kern_need(struct kern *k, enum phrude_probe probe, struct err *err)
{
	const struct probe_kind *kind = probe_kind(probe);
	struct tracer *skel;
	int ret;

	/* A kind has all of its programs loaded, or none. */
	if (!kind || kern_program(k, probe, kind->programs[0].name))
		return 0;
	ret = kern_open_more(k, &skel, err);
	if (ret)
		return ret;
	choose_kind(skel, probe, true);
	set_features(k, skel);
	ret = tracer__load(skel);
	if (ret) {
		tracer__destroy(skel);
		return say_refused(ret, ret, err);
	}
	k->more[probe] = skel;
	return 0;
}

void kern_unload(struct kern *k)
{
	for (int probe = 0; probe < NR_PROBES; probe++)
		tracer__destroy(k->more[probe]);
	changes_free(k->changes);
	kern_yield_unmap(k);
	tracer__destroy(k->skel);
}
