// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_threads.h"

#include "py/interp.h"
#include "py/remote.h"

static void read_interpreter(const struct py_interp *interp, uint64_t addr, struct py_threads *out)
{
	const struct py_runtime_layout *rt = &interp->runtime_layout;
	uint64_t tstate;

	if (remote_read_u64(interp->pid, addr + rt->interp_threads, &tstate))
		return;
	for (int i = 0; i < PY_THREADS_MAX && tstate && out->count < PY_THREADS_MAX; i++) {
		uint64_t owner, thread_id;

		/* A thread state names its interpreter: this is one. */
		if (tstate % 8 ||
		    remote_read_u64(interp->pid, tstate + interp->proc.layout.ts_interp, &owner) ||
		    owner != addr ||
		    remote_read_u64(interp->pid, tstate + rt->ts_thread_id, &thread_id))
			return;
		out->list[out->count].tstate = tstate;
		out->list[out->count].thread_pointer = thread_id % 8 ? 0 : thread_id;
		out->count++;
		if (remote_read_u64(interp->pid, tstate + rt->ts_next, &tstate))
			return;
	}
}

void py_threads_read(const struct py_interp *interp, struct py_threads *out)
{
	const struct py_runtime_layout *rt = &interp->runtime_layout;
	uint64_t addr;

	out->count = 0;
	out->interpreter = 0;
	if (remote_read_u64(interp->pid, interp->runtime + rt->interpreters_head, &addr))
		return;
	if (addr % 8)
		return;
	out->interpreter = addr;
	for (int i = 0; i < PY_SUBINTERPRETERS_MAX && addr && addr % 8 == 0; i++) {
		read_interpreter(interp, addr, out);
		if (remote_read_u64(interp->pid, addr + rt->interp_next, &addr))
			return;
	}
}

bool py_threads_has(const struct py_threads *threads, uint64_t tstate, uint64_t thread_pointer)
{
	for (size_t i = 0; i < threads->count; i++) {
		if (threads->list[i].tstate == tstate &&
		    threads->list[i].thread_pointer == thread_pointer)
			return true;
	}
	return false;
}
