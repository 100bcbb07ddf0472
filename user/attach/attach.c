// SPDX-License-Identifier: GPL-2.0-only
#include "attach/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach/uprobe.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"

/* The most sets that a kind's sites fall into: by program, and by whether it runs at a return. */
#define SETS_MAX 8

struct attachment {
	struct uprobes *sets[SETS_MAX];
	size_t nr_sets;
};

void attachment_free(struct attachment *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->nr_sets; i++)
		uprobes_free(a->sets[i]);
	free(a);
}

/* What one program is to be put on. */
struct set {
	struct bpf_program *prog;
	bool at_return;
	struct py_site sites[PY_SITES_MAX];
	size_t count;
};

struct sets {
	struct set list[SETS_MAX];
	size_t count;
};

static int sets_add(struct sets *sets, struct bpf_program *prog, const struct py_site *site)
{
	size_t i = 0;

	while (i < sets->count &&
	       (sets->list[i].prog != prog || sets->list[i].at_return != site->at_return))
		i++;
	if (i == SETS_MAX)
		return -EOPNOTSUPP;
	if (i == sets->count)
		sets->list[sets->count++] =
			(struct set){ .prog = prog, .at_return = site->at_return };
	sets->list[i].sites[sets->list[i].count++] = *site;
	return 0;
}

/*
 * The programs that a site needs: one that notices calls, and with arm one that asks to have
 * functions armed.
 */
static int sets_add_site(struct sets *sets, const struct kern *kern, const struct probe_kind *kind,
			 const struct py_site *site)
{
	bool found = false;
	int ret = 0;

	for (size_t i = 0; i < PROBE_PROGRAMS_MAX && kind->programs[i].name && !ret; i++) {
		const struct probe_program *program = &kind->programs[i];
		struct bpf_program *prog;

		if (!probe_program_fits(program, site))
			continue;
		found = true;
		prog = kern_program(kern, kind->probe, program->name);
		ret = prog ? sets_add(sets, prog, site) : -EOPNOTSUPP;
	}
	return found ? ret : -EOPNOTSUPP;
}

int attach_process(struct kern *kern, pid_t pid, uint32_t group, struct probed_file file,
		   enum phrude_probe probe, const struct py_site *sites, size_t nr_sites,
		   uint32_t roles, struct attachment **out, struct err *err)
{
	_cleanup_(attachment_freep) struct attachment *a = calloc(1, sizeof(*a));
	_cleanup_free_ struct sets *sets = calloc(1, sizeof(*sets));
	const struct probe_kind *kind = probe_kind(probe);
	int ret = 0;

	if (!a || !sets)
		return err_set(err, -ENOMEM, "out of memory");
	if (nr_sites > PY_SITES_MAX)
		return err_set(err, -EOPNOTSUPP, "more places than can be probed");
	for (size_t i = 0; i < nr_sites && !ret; i++) {
		struct py_site site = sites[i];

		if (!(roles & 1u << site.role))
			continue;
		if (kind->wide)
			site.cookie = phrude_cookie_group(site.cookie, group);
		else
			site.cookie |= (uint64_t)probe << COOKIE_PROBE_SHIFT;
		ret = sets_add_site(sets, kern, kind, &site);
	}
	if (ret)
		return err_set(err, ret, "the programs of the probe kind %s are not loaded",
			       kind->name);
	for (size_t i = 0; i < sets->count && !ret; i++) {
		const struct set *s = &sets->list[i];

		ret = uprobes_open(kern, s->prog, pid, file, s->sites, s->count,
				   &a->sets[a->nr_sets], err);
		a->nr_sets += !ret;
	}
	if (ret)
		return ret;
	*out = TAKE_PTR(a);
	return 0;
}
