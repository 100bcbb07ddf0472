// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the places of a probe kind are put together: one link for all that run one program at one
 * time.
 */
#include "test.h"

#include <errno.h>

#include "attach/attach.h"
#include "attach/uprobe.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"

/* The kernel side: its programs, for which their names stand, and what was put on. */
static bool loaded;
static struct {
	const char *program;
	pid_t pid;
	size_t count;
	uint64_t cookies[PY_SITES_MAX];
} opened[16];
static size_t nr_opened, nr_freed, failing;

struct uprobes {
	int unused;
};
static struct uprobes links[16];

struct bpf_program *kern_program(const struct kern *kern, enum phrude_probe probe, const char *name)
{
	return loaded ? (struct bpf_program *)(uintptr_t)name : NULL;
}

int uprobes_open(struct kern *kern, const struct bpf_program *prog, pid_t pid,
		 struct probed_file file, const struct py_site *sites, size_t count,
		 struct uprobes **out, struct err *err)
{
	if (nr_opened + 1 == failing)
		return err_set(err, -ESRCH, "gone");
	opened[nr_opened].program = (const char *)prog;
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

TEST(by_program_and_return)
{
	static const struct py_site sites[] = {
		{ .role = PY_SITE_ENTRY, .cookie = 1 },
		{ .role = PY_SITE_ENTRY, .cookie = 2 },
		{ .role = PY_SITE_ENTRY, .cookie = 3, .at_return = true },
		{ .role = PY_SITE_HOT, .cookie = 4 },
	};

	loaded = true;
	ASSERT_EQ(attach(PROBE_FRAME, sites, ARRAY_SIZE(sites), ATTACH_ROLES_ALL), 0);
	ASSERT_EQ(nr_opened, 2);
	ASSERT_STR(opened[0].program, "frame_entry");
	ASSERT_EQ(opened[0].count, 3);
	ASSERT_EQ(opened[0].pid, 42);
	/* A kind on one process: the program is told which. */
	ASSERT_EQ(opened[0].cookies[1], 2 | (uint64_t)PROBE_FRAME << COOKIE_PROBE_SHIFT);
	ASSERT_STR(opened[1].program, "frame_entry");
	ASSERT_EQ(opened[1].count, 1);
	ASSERT_EQ(opened[1].cookies[0], 3 | (uint64_t)PROBE_FRAME << COOKIE_PROBE_SHIFT);
	attachment_free(attachment);
	ASSERT_EQ(nr_freed, 2);
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
	ASSERT_STR(opened[0].program, "arm_entry");
	ASSERT_STR(opened[1].program, "arm_hot");
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
