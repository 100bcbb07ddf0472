// SPDX-License-Identifier: GPL-2.0-only
#include "event/program.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "bpf/abi/event.h"
#include "bpf/abi/limits.h"

/* Its names come from the last to the first. */
static char *path_of(const char *names, size_t len, uint32_t flags)
{
	struct buf path = { 0 };

	if (!len || names[len - 1])
		return NULL;
	if (flags & EV_EXEC_EXE_CUT)
		buf_adds(&path, "…");
	while (len) {
		const char *end = names + len - 1, *name = memrchr(names, '\0', len - 1);

		name = name ? name + 1 : names;
		buf_addc(&path, '/');
		buf_add(&path, name, end - name);
		len = name - names;
	}
	if (flags & EV_EXEC_EXE_DELETED)
		buf_adds(&path, " (deleted)");
	if (path.failed)
		buf_fini(&path);
	return path.data;
}

int program_decode(const void *record, size_t size, struct proc_facts *out)
{
	struct proc_facts facts = { 0 };
	const char *data = (const char *)record + sizeof(struct ev_exec);
	struct ev_exec ev;
	int ret;

	if (size < sizeof(ev))
		return -ENOENT;
	memcpy(&ev, record, sizeof(ev));
	if (ev.exe_len > PHRUDE_EXE_MAX || ev.cmdline_len > PHRUDE_CMDLINE_MAX ||
	    ev.exe_len + ev.cmdline_len > size - sizeof(ev))
		return -EPROTO;
	facts.exe = path_of(data, ev.exe_len, ev.flags);
	if (!facts.exe)
		return -ENOENT;
	facts.exe_cut = ev.flags & EV_EXEC_EXE_CUT;
	ret = proc_cmdline_split(data + ev.exe_len, ev.cmdline_len, ev.flags & EV_EXEC_CMDLINE_CUT,
				 &facts);
	if (ret) {
		proc_facts_fini(&facts);
		return ret;
	}
	*out = facts;
	return 0;
}
