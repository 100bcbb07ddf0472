// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offsets of CPython 3.8 to 3.15 on 64-bit Linux, GIL builds without Py_DEBUG:
 * Include/cpython/code.h, frameobject.h, pystate.h and Include/internal/pycore_*.h of each version,
 * verified against interpreters at run time.
 */
#include "py/py_version.h"

#include <errno.h>

#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "py/interp.h"

#define NONE PY_NO_FIELD

/* The same in all versions. */
#define LAYOUT_OBJECTS                                                                            \
	.method_func = 16, .method_self = 24, .cfunc_ml = 16, .cfunc_self = 24,                   \
	.cfunc_module = 32, .descr_type = 16, .descr_method = 40, .ml_name = 0, .ml_meth = 8,     \
	.ml_flags = 16, .ml_doc = 24, .type_name = 24, .type_flags = 168, .type_base = 256,       \
	.dict_keys = 32, .dict_values = 40, .cell_ref = 16, .ts_interp = 16, .type_members = 240, \
	.type_dict = 264, .type_mro = 344

#define LAYOUT_CODE_310                                                                    \
	.code_argcount = 16, .code_posonlyargcount = 20, .code_kwonlyargcount = 24,        \
	.code_nlocals = 28, .code_stacksize = 32, .code_flags = 36, .code_consts = 56,     \
	.code_names = 64, .code_firstlineno = 40, .code_varnames = 72, .code_kinds = NONE, \
	.code_cell2arg = 96, .code_cellvars = 88, .code_filename = 104, .code_name = 112,  \
	.code_qualname = NONE, .code_linetable = 120, .code_adaptive = NONE,               \
	.code_firsttraceable = NONE, .code_instr_version = NONE, .code_warmup = NONE,      \
	.code_opcache = 168

#define LAYOUT_CODE_COMMON_311                                                                \
	.code_nlocals = 80, .code_flags = 48, .code_consts = 24, .code_names = 32,            \
	.code_varnames = 96, .code_kinds = 104, .code_cell2arg = NONE, .code_cellvars = NONE, \
	.code_filename = 112, .code_name = 120, .code_qualname = 128, .code_linetable = 136,  \
	.code_opcache = NONE

#define LAYOUT_CODE_311                                                          \
	LAYOUT_CODE_COMMON_311, .code_argcount = 56, .code_posonlyargcount = 60, \
				.code_kwonlyargcount = 64, .code_stacksize = 68, \
				.code_firstlineno = 72

#define LAYOUT_CODE_312                                                                \
	LAYOUT_CODE_COMMON_311, .code_warmup = NONE, .code_argcount = 52,              \
				.code_posonlyargcount = 56, .code_kwonlyargcount = 60, \
				.code_stacksize = 64, .code_firstlineno = 68

#define LAYOUT_FRAME_310                                                                 \
	.frame_code = 32, .frame_previous = 24, .frame_func = NONE, .frame_owner = NONE, \
	.owner_generator = 0xff, .owner_skip = 0xff, .resume_location_mask = 0

#define LAYOUT_FRAME_312                                                           \
	.frame_code = 0, .frame_previous = 8, .frame_func = 16, .frame_instr = 56, \
	.owner_generator = 1, .owner_skip = 3

#define LAYOUT_TS_310                                                                   \
	.ts_frame = 24, .ts_cframe = NONE, .ts_eval_breaker = NONE, .ts_tracing = NONE, \
	.interp_monitoring_version = NONE

#define LAYOUT_TS_313 \
	.ts_frame = 72, .ts_cframe = NONE, .ts_eval_breaker = 24, .interp_monitoring_version = NONE

#define LAYOUT_FUNC_38 \
	.func_code = 16, .func_defaults = 32, .func_kwdefaults = 40, .func_qualname = 104
#define LAYOUT_FUNC_310 \
	.func_code = 48, .func_defaults = 56, .func_kwdefaults = 64, .func_qualname = 40

#define LAYOUT_STR_38 .str_ascii_data = 48, .str_compact_data = 72
#define LAYOUT_STR_312 .str_ascii_data = 40, .str_compact_data = 56

#define LAYOUT_MODULE_38 .module_name = 48, .module_def = 24
#define LAYOUT_MODULE_315 .module_name = 40, .module_def = 88

#define LAYOUT_KEYS_38 .keys_nentries = 32, .keys_indices = 40, .keys_size = 8, .keys_kind = NONE
#define LAYOUT_KEYS_311 .keys_nentries = 24, .keys_indices = 32, .keys_size = 9, .keys_kind = 10

/*
 * Ways to a request: instances, coroutines, and FutureObj and TaskObj of Modules/_asynciomodule.c.
 */
#define LAYOUT_REQUEST(cached_keys, coro, closure)                                     \
	.type_basicsize = 32, .type_dictoffset = 288, .type_cached_keys = cached_keys, \
	.task_coro = coro, .fut_callback = 24, .fut_callbacks = 40, .func_closure = closure
#define LAYOUT_GEN_38                                                           \
	.gen_frame = 16, .frame_stack = PY_STACK_POINTER, .frame_stacktop = 72, \
	.frame_valuestack = NONE
#define LAYOUT_GEN_310 \
	.gen_frame = 16, .frame_stack = PY_STACK_DEPTH, .frame_stacktop = 80, .frame_valuestack = 64
#define LAYOUT_GEN_311(frame)                                                    \
	.gen_frame = frame, .frame_stack = PY_STACK_INDEX, .frame_stacktop = 64, \
	.frame_valuestack = NONE
#define LAYOUT_GEN_314                                                          \
	.gen_frame = 72, .frame_stack = PY_STACK_POINTER, .frame_stacktop = 64, \
	.frame_valuestack = NONE

#define FEATURES_312                                                                              \
	(PY_F_MANAGED_DICT | PY_F_LONG_TAG | PY_F_DICT_LOG2 | PY_F_MONITORING | PY_F_TSTATE_TLS | \
	 PY_F_ARM)
#define FEATURES_313 (FEATURES_312 | PY_F_DICT_VALUES_HDR | PY_F_MONITORING_TSTATE)

#define INLINED_311 "len", "isinstance", "list.append", "str", "tuple", "type"
#define INLINED_312 INLINED_311, "super"
#define INLINED_314 INLINED_312, "any", "all"

static const char *const inlined_311[] = { INLINED_311, NULL };
static const char *const inlined_312[] = { INLINED_312, NULL };
static const char *const inlined_314[] = { INLINED_314, NULL };
static const char *const inlined_315[] = { INLINED_314, "list", "set", NULL };

static const struct py_version versions[] = {
	{
		.minor = 8,
		.type_cached_keys = NONE,
		.func_closure = 48,
		.layout = { .minor = 8,
			    .features =
				    PY_F_FRAME_OBJECT | PY_F_ARM | PY_F_CELL2ARG | PY_F_STR_WSTR,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(NONE, 112, 48),
			    LAYOUT_GEN_38,
			    LAYOUT_CODE_310,
			    LAYOUT_FRAME_310,
			    .frame_instr = 104,
			    .frame_localsplus = 360,
			    LAYOUT_TS_310,
			    LAYOUT_FUNC_38,
			    LAYOUT_STR_38,
			    LAYOUT_MODULE_38,
			    LAYOUT_KEYS_38,
			    .tuple_items = 24 },
		.runtime = { .interpreters_head = 32,
			     .tstate_current = 1368,
			     .autotss_key = 1392,
			     .interp_next = 0,
			     .interp_threads = 8,
			     .interp_sysdict = 72,
			     .ts_next = 8,
			     .ts_thread_id = 176 },
		.entry = PY_ENTRY_EVAL,
		.eval_frame_arg = 0,
		.usdt = PY_USDT_WORKS,
	},
	{
		.minor = 9,
		.type_cached_keys = NONE,
		.func_closure = 48,
		.audits_locally = true,
		.layout = { .minor = 9,
			    .features =
				    PY_F_FRAME_OBJECT | PY_F_ARM | PY_F_CELL2ARG | PY_F_STR_WSTR,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(NONE, 152, 48),
			    LAYOUT_GEN_38,
			    LAYOUT_CODE_310,
			    LAYOUT_FRAME_310,
			    .frame_instr = 104,
			    .frame_localsplus = 360,
			    LAYOUT_TS_310,
			    LAYOUT_FUNC_38,
			    LAYOUT_STR_38,
			    LAYOUT_MODULE_38,
			    LAYOUT_KEYS_38,
			    .tuple_items = 24 },
		.runtime = { .interpreters_head = 32,
			     .tstate_current = 568,
			     .autotss_key = 584,
			     .interp_next = 0,
			     .interp_threads = 8,
			     .interp_sysdict = 872,
			     .ts_next = 8,
			     .ts_thread_id = 176 },
		.entry = PY_ENTRY_EVAL,
		.eval_frame_arg = 1,
		.usdt = PY_USDT_WORKS,
		.has_cmethod = true,
	},
	{
		.minor = 10,
		.type_cached_keys = NONE,
		.func_closure = 72,
		.audits_locally = true,
		.layout = { .minor = 10,
			    .features = PY_F_FRAME_OBJECT | PY_F_ARM | PY_F_LASTI_UNITS |
					PY_F_CELL2ARG | PY_F_STR_WSTR,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(NONE, 160, 72),
			    LAYOUT_GEN_310,
			    LAYOUT_CODE_310,
			    LAYOUT_FRAME_310,
			    .frame_instr = 96,
			    .frame_localsplus = 352,
			    LAYOUT_TS_310,
			    LAYOUT_FUNC_310,
			    LAYOUT_STR_38,
			    LAYOUT_MODULE_38,
			    LAYOUT_KEYS_38,
			    .tuple_items = 24 },
		.runtime = { .interpreters_head = 32,
			     .tstate_current = 568,
			     .autotss_key = 584,
			     .interp_next = 0,
			     .interp_threads = 8,
			     .interp_sysdict = 872,
			     .ts_next = 8,
			     .ts_thread_id = 176 },
		.entry = PY_ENTRY_EVAL,
		.eval_frame_arg = 1,
		.usdt = PY_USDT_WORKS,
		.has_cmethod = true,
	},
	{
		.minor = 11,
		.type_cached_keys = 872,
		.func_closure = 72,
		.audits_locally = true,
		.layout = { .minor = 11,
			    .features = PY_F_DICT_LOG2 | PY_F_INSTR_PREV | PY_F_STR_WSTR |
					PY_F_MANAGED_DICT | PY_F_ARM,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(872, 136, 72),
			    LAYOUT_GEN_311(80),
			    LAYOUT_CODE_311,
			    .code_warmup = 52,
			    .code_adaptive = 184,
			    .code_firsttraceable = 168,
			    .code_instr_version = NONE,
			    .frame_code = 32,
			    .frame_previous = 48,
			    .frame_func = 0,
			    .frame_instr = 56,
			    .frame_owner = 69,
			    .frame_localsplus = 72,
			    .owner_generator = 1,
			    .owner_skip = 0xff,
			    .ts_frame = 8,
			    .ts_cframe = 56,
			    .ts_eval_breaker = NONE,
			    .ts_tracing = NONE,
			    .interp_monitoring_version = NONE,
			    LAYOUT_FUNC_310,
			    LAYOUT_STR_38,
			    LAYOUT_MODULE_38,
			    LAYOUT_KEYS_311,
			    .tuple_items = 24,
			    .resume_location_mask = 3,
			    .resume_cold = 151,
			    .resume_hot = 150,
			    .resume_armed = 151 },
		.runtime = { .interpreters_head = 40,
			     .tstate_current = 576,
			     .autotss_key = 592,
			     .interp_next = 0,
			     .interp_threads = 16,
			     .interp_sysdict = 904,
			     .ts_next = 8,
			     .ts_thread_id = 152 },
		.entry = PY_ENTRY_RESUME,
		.inlined = inlined_311,
		.instr_store = 56,
		.unused_first = 181,
		.unused_last = 254,
		.resume = { { "RESUME", 151, false }, { "RESUME_QUICK", 150, true } },
		.base_opcodes = { 0x307e003bc2009e07, 0x7dfdfffffffc0cf0, 0x1f87d39bf5fff, 0 },
		.usdt = PY_USDT_DEAD,
		.has_cmethod = true,
	},
	{
		.minor = 12,
		.type_cached_keys = 880,
		.func_closure = 72,
		.audits_locally = true,
		.layout = { .minor = 12,
			    .features = FEATURES_312 | PY_F_INSTR_PREV | PY_F_MANAGED_TAGGED,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(880, 136, 72),
			    LAYOUT_GEN_311(72),
			    LAYOUT_CODE_312,
			    .code_adaptive = 192,
			    .code_firsttraceable = 176,
			    .code_instr_version = 160,
			    LAYOUT_FRAME_312,
			    .frame_owner = 70,
			    .frame_localsplus = 72,
			    .ts_frame = 0,
			    .ts_cframe = 56,
			    .ts_eval_breaker = NONE,
			    .ts_tracing = NONE,
			    .interp_monitoring_version = 48,
			    LAYOUT_FUNC_310,
			    LAYOUT_STR_312,
			    LAYOUT_MODULE_38,
			    LAYOUT_KEYS_311,
			    .tuple_items = 24,
			    .resume_location_mask = 3,
			    .resume_cold = 151,
			    .resume_armed = 240 },
		.runtime = { .interpreters_head = 40,
			     .tstate_current = NONE,
			     .autotss_key = 1544,
			     .interp_next = 0,
			     .interp_threads = 72,
			     .interp_sysdict = 352,
			     .ts_next = 8,
			     .ts_thread_id = 136 },
		.entry = PY_ENTRY_RESUME,
		.inlined = inlined_312,
		.instr_store = 56,
		.unused_first = 177,
		.unused_last = 236,
		.resume = { { "RESUME", 151, true }, { "INSTRUMENTED_RESUME", 240, false } },
		.usdt = PY_USDT_ABSENT,
		.has_cmethod = true,
		.gil_each = true,
	},
	{
		.minor = 13,
		.type_cached_keys = 880,
		.func_closure = 72,
		.audits_locally = true,
		.layout = { .minor = 13,
			    .features = FEATURES_313,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(880, 120, 72),
			    LAYOUT_GEN_311(72),
			    LAYOUT_CODE_312,
			    .code_adaptive = 200,
			    .code_firsttraceable = 184,
			    .code_instr_version = 168,
			    LAYOUT_FRAME_312,
			    .frame_owner = 70,
			    .frame_localsplus = 72,
			    LAYOUT_TS_313,
			    .ts_tracing = 60,
			    LAYOUT_FUNC_310,
			    LAYOUT_STR_312,
			    LAYOUT_MODULE_38,
			    LAYOUT_KEYS_311,
			    .tuple_items = 24,
			    .resume_location_mask = 3,
			    .resume_cold = 149,
			    .resume_hot = 207,
			    .resume_armed = 236 },
		.runtime = { .interpreters_head = 632,
			     .tstate_current = NONE,
			     .autotss_key = 2160,
			     .interp_next = 7264,
			     .interp_threads = 7344,
			     .interp_sysdict = 7640,
			     .ts_next = 8,
			     .ts_thread_id = 152 },
		.entry = PY_ENTRY_RESUME,
		.inlined = inlined_312,
		.instr_store = 56,
		.unused_first = 119,
		.unused_last = 148,
		.resume = { { "RESUME", 149, false },
			    { "RESUME_CHECK", 207, true },
			    { "INSTRUMENTED_RESUME", 236, false } },
		.usdt = PY_USDT_ABSENT,
		.has_debug_offsets = true,
		.has_cmethod = true,
		.gil_each = true,
		.may_jit = true,
	},
	{
		.minor = 14,
		.type_cached_keys = 880,
		.func_closure = 72,
		.audits_locally = true,
		.layout = { .minor = 14,
			    .features = FEATURES_313 | PY_F_TAGGED_REFS,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(880, 128, 72),
			    LAYOUT_GEN_314,
			    LAYOUT_CODE_312,
			    .code_adaptive = 208,
			    .code_firsttraceable = 192,
			    .code_instr_version = 168,
			    LAYOUT_FRAME_312,
			    .frame_owner = 74,
			    .frame_localsplus = 80,
			    LAYOUT_TS_313,
			    .ts_tracing = 60,
			    LAYOUT_FUNC_310,
			    LAYOUT_STR_312,
			    LAYOUT_MODULE_38,
			    LAYOUT_KEYS_311,
			    .tuple_items = 32,
			    .resume_location_mask = 3,
			    .resume_cold = 128,
			    .resume_hot = 196,
			    .resume_armed = 245 },
		.runtime = { .interpreters_head = 808,
			     .tstate_current = NONE,
			     .autotss_key = 2336,
			     .interp_next = 7272,
			     .interp_threads = 7344,
			     .interp_sysdict = 7672,
			     .ts_next = 8,
			     .ts_thread_id = 152 },
		.entry = PY_ENTRY_RESUME,
		.inlined = inlined_314,
		.instr_store = 56,
		.unused_first = 212,
		.unused_last = 233,
		.resume = { { "RESUME", 128, false },
			    { "RESUME_CHECK", 196, true },
			    { "INSTRUMENTED_RESUME", 245, false } },
		.usdt = PY_USDT_ABSENT,
		.has_debug_offsets = true,
		.has_cmethod = true,
		.gil_each = true,
		.may_jit = true,
	},
	{
		.minor = 15,
		.type_cached_keys = 888,
		.func_closure = 72,
		.audits_locally = true,
		.layout = { .minor = 15,
			    .features = FEATURES_313 | PY_F_TAGGED_REFS,
			    LAYOUT_OBJECTS,
			    LAYOUT_REQUEST(888, 128, 72),
			    LAYOUT_GEN_314,
			    LAYOUT_CODE_312,
			    .code_adaptive = 208,
			    .code_firsttraceable = 192,
			    .code_instr_version = 168,
			    LAYOUT_FRAME_312,
			    .frame_owner = 74,
			    .frame_localsplus = 80,
			    LAYOUT_TS_313,
			    .ts_tracing = 64,
			    LAYOUT_FUNC_310,
			    LAYOUT_STR_312,
			    LAYOUT_MODULE_315,
			    LAYOUT_KEYS_311,
			    .tuple_items = 32,
			    .resume_location_mask = 7,
			    .resume_cold = 128,
			    .resume_hot = 200,
			    .resume_armed = 244 },
		.runtime = { .interpreters_head = 936,
			     .tstate_current = NONE,
			     .autotss_key = NONE,
			     .interp_next = 7264,
			     .interp_threads = 7336,
			     .interp_sysdict = 7576,
			     .ts_next = 8,
			     .ts_thread_id = 176 },
		.entry = PY_ENTRY_RESUME,
		.inlined = inlined_315,
		.instr_store = 56,
		.unused_first = 219,
		.unused_last = 232,
		.resume = { { "RESUME", 128, false },
			    { "RESUME_CHECK", 200, true },
			    { "RESUME_CHECK_JIT", 201, true },
			    { "INSTRUMENTED_RESUME", 244, false } },
		.usdt = PY_USDT_WORKS,
		.usdt_flags = COOKIE_F_RAW_CELLS,
		.has_debug_offsets = true,
		.has_cmethod = true,
		.gil_each = true,
		.may_jit = true,
	},
};

const struct py_version *py_version_get(unsigned int minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		if (versions[i].minor == minor)
			return &versions[i];
	}
	return NULL;
}

int py_layout_get(unsigned int minor, struct py_layout *out)
{
	const struct py_version *v = py_version_get(minor);

	if (!v)
		return -EOPNOTSUPP;
	*out = v->layout;
	return 0;
}
