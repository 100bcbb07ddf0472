// SPDX-License-Identifier: GPL-2.0-only
/* The table of probe kinds: each is found by number and name, and has what its users go by. */
#include "test.h"

#include "base/util.h"
#include "probe/probe_kind.h"

TEST(by_number_and_name)
{
	for (int i = 0; i < NR_PROBES; i++) {
		const struct probe_kind *kind = probe_kind(i);

		if (i == PROBE_NONE) {
			ASSERT(!kind);
			continue;
		}
		ASSERT(kind);
		ASSERT(probe_kind_by_name(kind->name) == kind);
	}
	ASSERT(!probe_kind(NR_PROBES));
	ASSERT(!probe_kind_by_name("auto"));
	ASSERT(!probe_kind_by_name(""));
}

TEST(what_a_row_has)
{
	for (size_t n = 0; probe_kind_preferred(n); n++) {
		const struct probe_kind *kind = probe_kind_preferred(n);

		ASSERT(kind->python || kind->c || kind->audit);
		ASSERT(kind->cost);
		/* Each kind has a program for its first place, and room for the end of the list. */
		ASSERT(kind->programs[0].name);
		ASSERT_EQ(kind->programs[0].entry, PY_ENTRY_MAIN);
		ASSERT(!kind->programs[0].hot);
		ASSERT(!kind->programs[PROBE_PROGRAMS_MAX - 1].name);
		/* What sees some calls only is for what nothing else sees. */
		if (probe_kind_preferred(n + 1))
			ASSERT(!kind->partial);
	}
}

TEST(orders)
{
	const struct probe_kind *kinds[NR_PROBES];

	ASSERT_EQ(probe_kinds_by_name(kinds), NR_PROBES - 1);
	ASSERT(!probe_kind_preferred(NR_PROBES - 1));
	for (size_t i = 1; i < NR_PROBES - 1; i++)
		ASSERT(strcmp(kinds[i - 1]->name, kinds[i]->name) < 0);
}

TEST(programs_by_place)
{
	const struct probe_program entry = { PY_ENTRY_MAIN, .name = "entry" };
	const struct probe_program hot = { PY_ENTRY_MAIN, .hot = true, .name = "hot" };
	struct py_site site = { .role = PY_SITE_ENTRY, .entry = PY_ENTRY_MAIN };

	ASSERT(probe_program_fits(&entry, &site));
	ASSERT(!probe_program_fits(&hot, &site));
	site.role = PY_SITE_HOT;
	ASSERT(probe_program_fits(&entry, &site));
	ASSERT(probe_program_fits(&hot, &site));
	site.entry = PY_ENTRY_ARM_START;
	ASSERT(!probe_program_fits(&entry, &site));
	ASSERT(!probe_program_fits(&hot, &site));
}
