/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Size of each structure that both sides share, and where its fields are: said once more, so that
 * neither compiler lays one out in its own way, and no change comes by accident.  Compiled for
 * both, by bpf/maps.bpf.c and user/kern/kern_load.c.  Whoever changes a structure changes its
 * numbers here; tests/guards/abi.py knows of each whether it has them.
 */
#pragma once

#include "cost.h"
#include "direct.h"
#include "event.h"
#include "hold.h"
#include "import.h"
#include "launch.h"
#include "pylayout.h"
#include "request.h"
#include "rule.h"
#include "share.h"

#define ABI_SIZE(type, size)                        \
	_Static_assert(sizeof(struct type) == size, \
		       "struct " #type " has another size than bpf/abi/layout.h says")
#define ABI_AT(type, field, offset)                                      \
	_Static_assert(__builtin_offsetof(struct type, field) == offset, \
		       "struct " #type ": " #field " is not where bpf/abi/layout.h says")

ABI_SIZE(phrude_direct, 1112);
ABI_AT(phrude_direct, ml_flags, 4);
ABI_AT(phrude_direct, flags, 8);
ABI_AT(phrude_direct, len, 12);
ABI_AT(phrude_direct, watch, 16);
ABI_AT(phrude_direct, type_name, 24);
ABI_AT(phrude_direct, nodes, 88);

ABI_SIZE(ev_hdr, 24);
ABI_AT(ev_hdr, kind, 4);
ABI_AT(ev_hdr, abi, 5);
ABI_AT(ev_hdr, time_ns, 8);
ABI_AT(ev_hdr, pid, 16);
ABI_AT(ev_hdr, tid, 20);

ABI_SIZE(ev_match, 104);
ABI_AT(ev_match, probe, 24);
ABI_AT(ev_match, callee, 25);
ABI_AT(ev_match, skipped, 26);
ABI_AT(ev_match, cut, 28);
ABI_AT(ev_match, ppid, 32);
ABI_AT(ev_match, uid, 36);
ABI_AT(ev_match, code, 40);
ABI_AT(ev_match, self_type, 48);
ABI_AT(ev_match, cgroup, 56);
ABI_AT(ev_match, layout, 64);
ABI_AT(ev_match, seq, 68);
ABI_AT(ev_match, comm, 72);
ABI_AT(ev_match, digest_args, 88);
ABI_AT(ev_match, digest_stack, 96);

ABI_SIZE(ev_node, 8);
ABI_AT(ev_node, flags, 1);
ABI_AT(ev_node, aux, 2);
ABI_AT(ev_node, len, 4);

ABI_SIZE(ev_func, 24);
ABI_AT(ev_func, posonlyargcount, 4);
ABI_AT(ev_func, kwonlyargcount, 8);
ABI_AT(ev_func, flags, 12);
ABI_AT(ev_func, firstlineno, 16);
ABI_AT(ev_func, ndefaults, 20);

ABI_SIZE(ev_frame, 32);
ABI_AT(ev_frame, linetable, 8);
ABI_AT(ev_frame, signature, 16);
ABI_AT(ev_frame, lasti, 24);
ABI_AT(ev_frame, firstlineno, 28);

ABI_SIZE(ev_linetable, 48);
ABI_AT(ev_linetable, linetable, 24);
ABI_AT(ev_linetable, signature, 32);
ABI_AT(ev_linetable, len, 40);
ABI_AT(ev_linetable, full, 44);

ABI_SIZE(ev_table_key, 16);
ABI_AT(ev_table_key, pid, 8);

ABI_SIZE(ev_proc, 48);
ABI_AT(ev_proc, what, 24);
ABI_AT(ev_proc, other, 28);
ABI_AT(ev_proc, start, 32);
ABI_AT(ev_proc, cgroup, 40);

ABI_SIZE(ev_exec, 64);
ABI_AT(ev_exec, flags, 48);
ABI_AT(ev_exec, exe_len, 52);
ABI_AT(ev_exec, cmdline_len, 56);

ABI_SIZE(import_name, 64);
ABI_AT(import_name, text, 0);

ABI_SIZE(import_file, 16);
ABI_AT(import_file, dev, 8);
ABI_AT(import_file, generation, 12);

ABI_SIZE(import, 32);
ABI_AT(import, name, 4);
ABI_AT(import, file, 8);
ABI_AT(import, what, 24);

ABI_SIZE(launch_thread, 16);
ABI_AT(launch_thread, mapped, 4);
ABI_AT(launch_thread, pages, 8);

ABI_SIZE(py_layout, 168);
ABI_AT(py_layout, minor, 4);
ABI_AT(py_layout, owner_generator, 50);
ABI_AT(py_layout, ts_frame, 52);
ABI_AT(py_layout, func_code, 64);
ABI_AT(py_layout, str_ascii_data, 94);
ABI_AT(py_layout, resume_location_mask, 120);
ABI_AT(py_layout, code_cellvars, 124);
ABI_AT(py_layout, type_basicsize, 130);
ABI_AT(py_layout, code_stacksize, 162);
ABI_AT(py_layout, module_def, 166);

ABI_SIZE(phrude_cost, 16);
ABI_AT(phrude_cost, ns, 8);

ABI_SIZE(phrude_cost_key, 8);
ABI_AT(phrude_cost_key, watch, 4);

ABI_SIZE(py_cost, 24);
ABI_AT(py_cost, timed, 8);
ABI_AT(py_cost, timed_ns, 16);

ABI_SIZE(py_proc, 400);
ABI_AT(py_proc, seq, 4);
ABI_AT(py_proc, group, 8);
ABI_AT(py_proc, program, 12);
ABI_AT(py_proc, image, 16);
ABI_AT(py_proc, tstate, 24);
ABI_AT(py_proc, load_bias, 200);
ABI_AT(py_proc, layout, 208);
ABI_AT(py_proc, cost, 376);

ABI_SIZE(py_template, 416);
ABI_AT(py_template, start, 400);
ABI_AT(py_template, main, 408);

ABI_SIZE(request_local, 24);
ABI_AT(request_local, param, 16);
ABI_AT(request_local, role, 20);

ABI_SIZE(request_function, 56);
ABI_AT(request_function, file, 16);
ABI_AT(request_function, local, 32);
ABI_AT(request_function, role, 48);

ABI_SIZE(request_entry, 32);
ABI_AT(request_entry, field, 24);

ABI_SIZE(request_type, 40);
ABI_AT(request_type, kind, 32);

ABI_SIZE(request_callback, 40);
ABI_AT(request_callback, file, 24);

ABI_SIZE(request_names, 6536);
ABI_AT(request_names, functions, 768);
ABI_AT(request_names, headers, 1664);
ABI_AT(request_names, types, 2176);
ABI_AT(request_names, callbacks, 3456);
ABI_AT(request_names, scopes, 4096);
ABI_AT(request_names, seed, 4160);
ABI_AT(request_names, buckets, 4168);
ABI_AT(request_names, entries, 4424);
ABI_AT(request_names, dull, 6472);

ABI_SIZE(phrude_target_key, 24);
ABI_AT(phrude_target_key, place, 8);
ABI_AT(phrude_target_key, kind, 16);

ABI_SIZE(phrude_share, 88);
ABI_AT(phrude_share, slots, 4);
ABI_AT(phrude_share, asking, 8);
ABI_AT(phrude_share, failures, 12);
ABI_AT(phrude_share, ask_from, 16);
ABI_AT(phrude_share, asked, 24);
ABI_AT(phrude_share, period, 28);
ABI_AT(phrude_share, paid_until, 32);
ABI_AT(phrude_share, sent, 40);
ABI_AT(phrude_share, sent_in, 48);
ABI_AT(phrude_share, arms, 52);
ABI_AT(phrude_share, arms_in, 56);
ABI_AT(phrude_share, refused, 64);
ABI_AT(phrude_share, holds, 72);

ABI_SIZE(hold_arm, 40);
ABI_AT(hold_arm, minor, 2);
ABI_AT(hold_arm, watched, 4);
ABI_AT(hold_arm, code, 8);
ABI_AT(hold_arm, instr, 16);
ABI_AT(hold_arm, type_code, 24);
ABI_AT(hold_arm, interp, 32);

ABI_SIZE(hold_fetch, 64);
ABI_AT(hold_fetch, pages, 0);

ABI_SIZE(ev_hold, 104);
ABI_AT(ev_hold, slot, 24);
ABI_AT(ev_hold, kind, 28);
ABI_AT(ev_hold, target, 32);
ABI_AT(ev_hold, arm, 40);
ABI_AT(ev_hold, fetch, 40);
ABI_AT(ev_hold, import, 40);

ABI_SIZE(hold_slot, 120);
ABI_AT(hold_slot, owner, 8);
ABI_AT(hold_slot, asked, 16);

_Static_assert(NR_HOLD_KINDS <= HOLD_KINDS_MAX && !(HOLD_KINDS_MAX & (HOLD_KINDS_MAX - 1)),
	       "each kind of hold has its counter in struct phrude_share");

#undef ABI_SIZE
#undef ABI_AT
