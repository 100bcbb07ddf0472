// SPDX-License-Identifier: GPL-2.0-only
/*
 * In place of what unit tests do without: BPF programs and putting them on.  A test that is about
 * one of these has its own.
 */
#include <errno.h>

#include "attach/arm.h"
#include "attach/uprobe.h"
#include "targets/qualnames.h"
#include "kern/kern.h"
#include "kern/kern_feat.h"

#define ABSENT __attribute__((weak))

ABSENT bool kern_feat_sleepable(void)
{
	return true;
}

ABSENT struct bpf_program *kern_program(const struct kern *kern, enum phrude_probe probe,
					const char *name)
{
	return NULL;
}

ABSENT int uprobes_open(struct kern *kern, const struct bpf_program *prog, pid_t pid,
			struct probed_file file, const struct py_site *sites, size_t count,
			struct uprobes **out, struct err *err)
{
	return err_set(err, -ENOSYS, "there is no kernel side");
}

ABSENT void uprobes_free(struct uprobes *u)
{
}

ABSENT void arm_free(struct arming *a)
{
}

ABSENT void qualnames_free(struct qualnames *q)
{
}
