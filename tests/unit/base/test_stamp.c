// SPDX-License-Identifier: GPL-2.0-only
#include "base/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char folder[] = "/tmp/phrude-stamp-XXXXXX";
static const char *const paths[] = { folder };

static void put(const char *name, const char *text)
{
	FILE *f;

	if (chdir(folder))
		abort();
	f = fopen(name, "w");
	if (!f)
		abort();
	fputs(text, f);
	fclose(f);
}

/* Is it another one now?  The same again without a change. */
static bool changed(uint64_t *stamp)
{
	uint64_t now = stamp_of(paths, 1), before = *stamp;

	*stamp = now;
	return now != before && stamp_of(paths, 1) == now;
}

TEST(whatever_changes)
{
	uint64_t stamp = 0;

	ASSERT(mkdtemp(folder));
	ASSERT(changed(&stamp));
	ASSERT(!changed(&stamp));
	put("one.yaml", "a");
	ASSERT(changed(&stamp));
	put("one.yaml", "ab");
	ASSERT(changed(&stamp));
	ASSERT(!mkdir("below", 0700));
	ASSERT(changed(&stamp));
	put("below/two.yaml", "a");
	ASSERT(changed(&stamp));
	ASSERT(!rename("below/two.yaml", "below/three.yaml"));
	ASSERT(changed(&stamp));
	ASSERT(!unlink("below/three.yaml"));
	ASSERT(changed(&stamp));
	ASSERT(!rmdir("below"));
	ASSERT(changed(&stamp));
	/* As what a ConfigMap is mounted as changes. */
	ASSERT(!mkdir("..1", 0700) && !mkdir("..2", 0700));
	put("..1/rules.yaml", "a");
	put("..2/rules.yaml", "a");
	ASSERT(!symlink("..1", "..data") && !symlink("..data/rules.yaml", "rules.yaml"));
	ASSERT(changed(&stamp));
	ASSERT(!symlink("..2", "..data_tmp") && !rename("..data_tmp", "..data"));
	ASSERT(changed(&stamp));
	/* Links that lead back end. */
	ASSERT(!symlink(".", "again"));
	ASSERT(changed(&stamp));
	ASSERT(!changed(&stamp));
}

TEST(what_is_not_there)
{
	static const char *const none[] = { "/nowhere/at/all" };

	ASSERT_EQ(stamp_of(none, 1), stamp_of(none, 1));
}
