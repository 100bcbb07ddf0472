// SPDX-License-Identifier: GPL-2.0-only
/* How the places of a probe kind are put together: one link for all that run one program at one time. */
#include "test.h"

#include <errno.h>

#include "attach/attach.h"
#include "attach/uprobe.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"

/* The kernel side: its programs by number, and what was put on. */
static const char programs[16];
static bool loaded;
static struct {
	const void *program;
	pid_t pid;
	size_t count;
	uint64_t cookies[PY_SITES_MAX];
} opened[16];
static size_t nr_opened, nr_freed, failing;

struct uprobes {
	int unused;
};
static struct uprobes links[16];

struct bpf_program *kern_program(const struct kern *kern, enum phrude_probe probe,
				 enum py_site_entry entry)
{
	return loaded ? (struct bpf_program *)&programs[entry] : NULL;
}

struct bpf_program *kern_arm_hot(const struct kern *kern)
{
	return (struct bpf_program *)&programs[15];
}

int uprobes_open(struct kern *kern, const struct bpf_program *prog, pid_t pid,
		 struct probed_file file, const struct py_site *sites, size_t count,
		 struct uprobes **out, struct err *err)
{
	if (nr_opened + 1 == failing)
		return err_set(err, -ESRCH, "gone");
	opened[nr_opened].program = prog;
	opened[nr_opened].pid = pid;
	opened[nr_opened].count = count;
	for (size_t i = 0; i < count; i++)
		opened[nr_opened].cookies[i] = sites[i].cookie;
	*out = &links[nr_opened++];
	return 0;
}

void uprobes_free(struct uprobes *u)
{
	nr_freed += u != NULL;
}

static struct attachment *attachment;
static struct err err;

static int attach(enum phrude_probe probe, const struct py_site *sites, size_t n, uint32_t roles)
{
	nr_opened = 0;
	nr_freed = 0;
	attachment = NULL;
	return attach_process(NULL, 42, 7, (struct probed_file){ .fd = -1 }, probe, sites, n, roles,
			      &attachment, &err);
}

TEST(kinds)
{
	ASSERT_EQ(attach_kind_by_name("arm"), PROBE_ARM);
	ASSERT_EQ(attach_kind_by_name("auto"), PROBE_NONE);
	ASSERT_EQ(attach_kind_by_name(""), PROBE_NONE);
	ASSERT(!attach_kind(PROBE_NONE) && !attach_kind(NR_PROBES));
	ASSERT_STR(attach_kind(PROBE_USDT)->name, "usdt");
}

TEST(by_program_and_return)
{
	static const struct py_site sites[] = {
		{ .role = PY_SITE_ENTRY, .cookie = 1 },
		{ .role = PY_SITE_FIRST, .entry = PY_ENTRY_ARM_INSTRUMENT, .cookie = 2 },
		{ .role = PY_SITE_ENTRY, .cookie = 3 },
		{ .role = PY_SITE_ENTRY, .cookie = 4, .at_return = true },
		{ .role = PY_SITE_HOT, .cookie = 5 },
	};

	loaded = true;
	ASSERT_EQ(attach(PROBE_FRAME, sites, ARRAY_SIZE(sites), ATTACH_ROLES_ALL), 0);
	ASSERT_EQ(nr_opened, 3);
	ASSERT_EQ(opened[0].count, 3);
	ASSERT_EQ(opened[0].pid, 42);
	/* A kind on one process: the program is told which. */
	ASSERT_EQ(opened[0].cookies[1], 3 | (uint64_t)PROBE_FRAME << COOKIE_PROBE_SHIFT);
	ASSERT(opened[1].program != opened[0].program);
	ASSERT_EQ(opened[1].count, 1);
	ASSERT(opened[2].program == opened[0].program);
	ASSERT_EQ(opened[2].cookies[0], 4 | (uint64_t)PROBE_FRAME << COOKIE_PROBE_SHIFT);
	attachment_free(attachment);
	ASSERT_EQ(nr_freed, 3);
}

TEST(roles_and_group)
{
	static const struct py_site sites[] = {
		{ .role = PY_SITE_ENTRY, .cookie = 1 },
		{ .role = PY_SITE_HOT, .cookie = 2 },
	};

	loaded = true;
	ASSERT_EQ(attach(PROBE_ARM, sites, 2, 1u << PY_SITE_ENTRY), 0);
	ASSERT_EQ(nr_opened, 1);
	ASSERT_EQ(opened[0].count, 1);
	/* For all processes of the file: by its group. */
	ASSERT_EQ(opened[0].cookies[0], phrude_cookie_group(1, 7));
	attachment_free(attachment);
	/* Where functions that are not armed enter there is one program more. */
	ASSERT_EQ(attach(PROBE_ARM, sites, 2, 1u << PY_SITE_HOT), 0);
	ASSERT_EQ(nr_opened, 2);
	ASSERT(opened[1].program == &programs[15]);
	attachment_free(attachment);
	ASSERT_EQ(attach(PROBE_ARM, sites, 0, ATTACH_ROLES_ALL), 0);
	ASSERT_EQ(nr_opened, 0);
	attachment_free(attachment);
}

TEST(what_fails)
{
	static const struct py_site sites[PY_SITES_MAX + 1] = {
		{ .role = PY_SITE_ENTRY },
		{ .role = PY_SITE_ENTRY, .at_return = true },
	};

	loaded = false;
	ASSERT_EQ(attach(PROBE_FRAME, sites, 1, ATTACH_ROLES_ALL), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "frame are not loaded");
	loaded = true;
	ASSERT_EQ(attach(PROBE_FRAME, sites, PY_SITES_MAX + 1, ATTACH_ROLES_ALL), -EOPNOTSUPP);
	ASSERT_EQ(nr_opened, 0);
	/* What was put on before comes off again. */
	failing = 2;
	ASSERT_EQ(attach(PROBE_FRAME, sites, 2, ATTACH_ROLES_ALL), -ESRCH);
	failing = 0;
	ASSERT_STR(err.msg, "gone");
	ASSERT_EQ(nr_freed, 1);
	ASSERT(!attachment);
}
