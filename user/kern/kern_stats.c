// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel side counts, and what its programs take. */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "kern/kern.h"
#include "kern/kern_priv.h"
#include "probe/probe_kind.h"

/* One counter over all CPUs; per_cpu: room for one of each. */
static int sum_slot(const struct kern *k, __u32 slot, __u64 *per_cpu, uint64_t *sum)
{
	int ret = bpf_map__lookup_elem(k->skel->maps.stats, &slot, sizeof(slot), per_cpu,
				       k->nr_cpus * sizeof(*per_cpu), 0);

	*sum = 0;
	for (int cpu = 0; !ret && cpu < k->nr_cpus; cpu++)
		*sum += per_cpu[cpu];
	return ret;
}

static int sum_slots(const struct kern *k, __u32 first, size_t count, uint64_t *sums)
{
	_cleanup_free_ __u64 *per_cpu = calloc(k->nr_cpus, sizeof(*per_cpu));
	int ret = per_cpu ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !ret; i++)
		ret = sum_slot(k, first + i, per_cpu, &sums[i]);
	return ret;
}

int kern_stats(const struct kern *k, uint64_t stats[NR_PHRUDE_STATS])
{
	uint64_t hits[NR_PROBES];
	int ret = sum_slots(k, 0, NR_PHRUDE_STATS, stats);

	if (!ret)
		ret = sum_slots(k, PHRUDE_STAT_HITS_OF(0), NR_PROBES, hits);
	for (size_t i = 0; !ret && i < NR_PROBES; i++)
		stats[PHRUDE_STAT_HITS] += hits[i];
	return ret;
}

/* Whose the program is. */
static enum phrude_probe kind_of(const char *name, const struct kern_usage usage[NR_PROBES])
{
	enum phrude_probe found = PROBE_NONE;
	const struct probe_kind *kind;

	for (size_t n = 0; (kind = probe_kind_preferred(n)); n++) {
		for (size_t i = 0; i < PROBE_PROGRAMS_MAX && kind->programs[i].name; i++) {
			if (str_eq(kind->programs[i].name, name) &&
			    (found == PROBE_NONE || usage[kind->probe].hits > usage[found].hits))
				found = kind->probe;
		}
	}
	return found;
}

/* Adds what the programs of an object took, which are of that kind; PROBE_NONE: by their names. */
static int add_object(const struct tracer *skel, enum phrude_probe probe,
		      struct kern_usage usage[NR_PROBES])
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
	{
		struct bpf_prog_info info = { 0 };
		struct kern_usage *of;
		__u32 size = sizeof(info);

		if (bpf_program__fd(prog) < 0)
			continue;
		if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			return -errno;
		of = &usage[probe ?: kind_of(bpf_program__name(prog), usage)];
		of->runs += info.run_cnt;
		of->run_ns += info.run_time_ns;
	}
	return 0;
}

int kern_usage(const struct kern *k, struct kern_usage usage[NR_PROBES])
{
	uint64_t hits[NR_PROBES];
	int ret = sum_slots(k, PHRUDE_STAT_HITS_OF(0), NR_PROBES, hits);

	for (size_t i = 0; !ret && i < NR_PROBES; i++)
		usage[i] = (struct kern_usage){ .hits = hits[i] };
	if (!ret)
		ret = add_object(k->skel, PROBE_NONE, usage);
	for (size_t i = 0; !ret && i < NR_PROBES; i++)
		ret = k->more[i] ? add_object(k->more[i], i, usage) : 0;
	if (!ret && changes_skel(k->changes))
		ret = add_object(changes_skel(k->changes), PROBE_NONE, usage);
	return ret;
}

int kern_time_programs(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}
