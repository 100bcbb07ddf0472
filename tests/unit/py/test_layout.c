// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables against facts measured in interpreters of each version, written here once more in
 * another shape.
 */
#include "test.h"

#include <errno.h>
#include <stddef.h>

#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "py/interp.h"

#define NO PY_NO_FIELD
#define VERSIONS 8 /* 3.8 to 3.15 */

struct fact {
	const char *name;
	size_t field;
	uint16_t value[VERSIONS];
};

#define FACT(f, ...)                               \
	{                                          \
#f, offsetof(struct py_layout, f), \
		{                                  \
			__VA_ARGS__                \
		}                                  \
	}
#define SAME(f, v)                                 \
	{                                          \
#f, offsetof(struct py_layout, f), \
		{                                  \
			v, v, v, v, v, v, v, v     \
		}                                  \
	}
#define RUNTIME(f, ...)                                    \
	{                                                  \
#f, offsetof(struct py_runtime_layout, f), \
		{                                          \
			__VA_ARGS__                        \
		}                                          \
	}

static const struct fact layout_facts[] = {
	FACT(minor, 8, 9, 10, 11, 12, 13, 14, 15),
	FACT(code_argcount, 16, 16, 16, 56, 52, 52, 52, 52),
	FACT(code_posonlyargcount, 20, 20, 20, 60, 56, 56, 56, 56),
	FACT(code_kwonlyargcount, 24, 24, 24, 64, 60, 60, 60, 60),
	FACT(code_nlocals, 28, 28, 28, 80, 80, 80, 80, 80),
	FACT(code_flags, 36, 36, 36, 48, 48, 48, 48, 48),
	FACT(code_firstlineno, 40, 40, 40, 72, 68, 68, 68, 68),
	FACT(code_varnames, 72, 72, 72, 96, 96, 96, 96, 96),
	FACT(code_kinds, NO, NO, NO, 104, 104, 104, 104, 104),
	FACT(code_cell2arg, 96, 96, 96, NO, NO, NO, NO, NO),
	FACT(code_cellvars, 88, 88, 88, NO, NO, NO, NO, NO),
	FACT(code_filename, 104, 104, 104, 112, 112, 112, 112, 112),
	FACT(code_name, 112, 112, 112, 120, 120, 120, 120, 120),
	FACT(code_warmup, NO, NO, NO, 52, NO, NO, NO, NO),
	FACT(code_opcache, 168, 168, 168, NO, NO, NO, NO, NO),
	FACT(code_qualname, NO, NO, NO, 128, 128, 128, 128, 128),
	FACT(code_linetable, 120, 120, 120, 136, 136, 136, 136, 136),
	FACT(code_adaptive, NO, NO, NO, 184, 192, 200, 208, 208),
	FACT(code_firsttraceable, NO, NO, NO, 168, 176, 184, 192, 192),
	FACT(code_instr_version, NO, NO, NO, NO, 160, 168, 168, 168),
	FACT(frame_code, 32, 32, 32, 32, 0, 0, 0, 0),
	FACT(frame_previous, 24, 24, 24, 48, 8, 8, 8, 8),
	FACT(frame_func, NO, NO, NO, 0, 16, 16, 16, 16),
	FACT(frame_instr, 104, 104, 96, 56, 56, 56, 56, 56),
	FACT(frame_owner, NO, NO, NO, 69, 70, 70, 74, 74),
	FACT(frame_localsplus, 360, 360, 352, 72, 72, 72, 80, 80),
	FACT(ts_frame, 24, 24, 24, 8, 0, 72, 72, 72),
	FACT(ts_cframe, NO, NO, NO, 56, 56, NO, NO, NO),
	SAME(ts_interp, 16),
	FACT(ts_eval_breaker, NO, NO, NO, NO, NO, 24, 24, 24),
	FACT(ts_tracing, NO, NO, NO, NO, NO, 60, 60, 64),
	FACT(interp_monitoring_version, NO, NO, NO, NO, 48, NO, NO, NO),
	FACT(func_code, 16, 16, 48, 48, 48, 48, 48, 48),
	FACT(func_defaults, 32, 32, 56, 56, 56, 56, 56, 56),
	FACT(func_kwdefaults, 40, 40, 64, 64, 64, 64, 64, 64),
	FACT(func_qualname, 104, 104, 40, 40, 40, 40, 40, 40),
	SAME(method_func, 16),
	SAME(method_self, 24),
	SAME(cfunc_ml, 16),
	SAME(cfunc_self, 24),
	SAME(cfunc_module, 32),
	SAME(descr_type, 16),
	SAME(descr_method, 40),
	SAME(ml_name, 0),
	SAME(ml_meth, 8),
	SAME(ml_flags, 16),
	SAME(ml_doc, 24),
	FACT(str_ascii_data, 48, 48, 48, 48, 40, 40, 40, 40),
	FACT(str_compact_data, 72, 72, 72, 72, 56, 56, 56, 56),
	FACT(tuple_items, 24, 24, 24, 24, 24, 24, 32, 32),
	SAME(type_name, 24),
	SAME(type_flags, 168),
	SAME(type_base, 256),
	SAME(dict_keys, 32),
	SAME(dict_values, 40),
	FACT(keys_nentries, 32, 32, 32, 24, 24, 24, 24, 24),
	FACT(keys_indices, 40, 40, 40, 32, 32, 32, 32, 32),
	FACT(keys_size, 8, 8, 8, 9, 9, 9, 9, 9),
	FACT(keys_kind, NO, NO, NO, 10, 10, 10, 10, 10),
	SAME(cell_ref, 16),
	FACT(func_closure, 48, 48, 72, 72, 72, 72, 72, 72),
	SAME(type_basicsize, 32),
	SAME(type_dictoffset, 288),
	FACT(type_cached_keys, NO, NO, NO, 872, 880, 880, 880, 888),
	FACT(gen_frame, 16, 16, 16, 80, 72, 72, 72, 72),
	FACT(frame_stacktop, 72, 72, 80, 64, 64, 64, 64, 64),
	FACT(frame_valuestack, NO, NO, 64, NO, NO, NO, NO, NO),
	FACT(frame_stack, PY_STACK_POINTER, PY_STACK_POINTER, PY_STACK_DEPTH, PY_STACK_INDEX,
	     PY_STACK_INDEX, PY_STACK_INDEX, PY_STACK_POINTER, PY_STACK_POINTER),
	FACT(task_coro, 112, 152, 160, 136, 136, 120, 128, 128),
	SAME(fut_callback, 24),
	SAME(fut_callbacks, 40),
	SAME(type_members, 240),
	SAME(type_dict, 264),
	SAME(type_mro, 344),
	FACT(code_consts, 56, 56, 56, 24, 24, 24, 24, 24),
	FACT(code_names, 64, 64, 64, 32, 32, 32, 32, 32),
	FACT(code_stacksize, 32, 32, 32, 68, 64, 64, 64, 64),
	FACT(module_name, 48, 48, 48, 48, 48, 48, 48, 40),
	FACT(module_def, 24, 24, 24, 24, 24, 24, 24, 88),
};

static const struct fact runtime_facts[] = {
	RUNTIME(interpreters_head, 32, 32, 32, 40, 40, 632, 808, 936),
	RUNTIME(tstate_current, 1368, 568, 568, 576, NO, NO, NO, NO),
	RUNTIME(autotss_key, 1392, 584, 584, 592, 1544, 2160, 2336, NO),
	RUNTIME(interp_next, 0, 0, 0, 0, 0, 7264, 7272, 7264),
	RUNTIME(interp_threads, 8, 8, 8, 16, 72, 7344, 7344, 7336),
	RUNTIME(interp_sysdict, 72, 872, 872, 904, 352, 7640, 7672, 7576),
	RUNTIME(ts_next, 8, 8, 8, 8, 8, 8, 8, 8),
	RUNTIME(ts_thread_id, 176, 176, 176, 152, 136, 152, 152, 176),
};

static void check(const struct fact *facts, size_t count, bool runtime)
{
	for (size_t i = 0; i < count; i++) {
		for (unsigned int v = 0; v < VERSIONS; v++) {
			const struct py_version *row = py_version_get(8 + v);
			uint16_t value;

			ASSERT(row);
			memcpy(&value,
			       (const uint8_t *)(runtime ? (const void *)&row->runtime
							 : (const void *)&row->layout) +
				       facts[i].field,
			       sizeof(value));
			if (value != facts[i].value[v])
				TEST_FAIL("3.%u %s is %u, expected %u", 8 + v, facts[i].name, value,
					  facts[i].value[v]);
		}
	}
}

TEST(every_offset)
{
	check(layout_facts, ARRAY_SIZE(layout_facts), false);
	check(runtime_facts, ARRAY_SIZE(runtime_facts), true);
}

/*
 * A field that is added to struct py_layout and forgotten in the tables, or here, would stand at
 * offset 0.
 */
TEST(every_field_is_covered)
{
	static const struct {
		size_t field, size;
	} others[] = {
		{ offsetof(struct py_layout, features), 4 },
		{ offsetof(struct py_layout, owner_generator), 1 },
		{ offsetof(struct py_layout, owner_skip), 1 },
		{ offsetof(struct py_layout, resume_location_mask), 1 },
		{ offsetof(struct py_layout, resume_cold), 1 },
		{ offsetof(struct py_layout, resume_hot), 1 },
		{ offsetof(struct py_layout, resume_armed), 1 },
	};
	uint8_t seen[sizeof(struct py_layout)] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(layout_facts); i++)
		memset(seen + layout_facts[i].field, 1, 2);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		memset(seen + others[i].field, 1, others[i].size);
	for (size_t i = 0; i < sizeof(seen); i++)
		if (!seen[i])
			TEST_FAIL("byte %zu of struct py_layout is in no list", i);
}

TEST(features)
{
	static const struct {
		unsigned int minor;
		uint32_t features;
		uint8_t generator, skip, location, cold, hot, armed;
	} rows[] = {
		{ 8, PY_F_FRAME_OBJECT | PY_F_ARM | PY_F_CELL2ARG | PY_F_STR_WSTR, 0xff, 0xff, 0, 0,
		  0, 0 },
		{ 9, PY_F_FRAME_OBJECT | PY_F_ARM | PY_F_CELL2ARG | PY_F_STR_WSTR, 0xff, 0xff, 0, 0,
		  0, 0 },
		{ 10,
		  PY_F_FRAME_OBJECT | PY_F_ARM | PY_F_CELL2ARG | PY_F_STR_WSTR | PY_F_LASTI_UNITS,
		  0xff, 0xff, 0, 0, 0, 0 },
		{ 11,
		  PY_F_STR_WSTR | PY_F_DICT_LOG2 | PY_F_INSTR_PREV | PY_F_MANAGED_DICT | PY_F_ARM,
		  1, 0xff, 3, 151, 150, 151 },
		{ 12,
		  PY_F_LONG_TAG | PY_F_DICT_LOG2 | PY_F_INSTR_PREV | PY_F_MONITORING |
			  PY_F_TSTATE_TLS | PY_F_MANAGED_DICT | PY_F_MANAGED_TAGGED | PY_F_ARM,
		  1, 3, 3, 151, 0, 240 },
		{ 13,
		  PY_F_LONG_TAG | PY_F_DICT_LOG2 | PY_F_MANAGED_DICT | PY_F_DICT_VALUES_HDR |
			  PY_F_MONITORING | PY_F_MONITORING_TSTATE | PY_F_TSTATE_TLS | PY_F_ARM,
		  1, 3, 3, 149, 207, 236 },
		{ 14,
		  PY_F_LONG_TAG | PY_F_DICT_LOG2 | PY_F_MANAGED_DICT | PY_F_DICT_VALUES_HDR |
			  PY_F_MONITORING | PY_F_MONITORING_TSTATE | PY_F_TSTATE_TLS |
			  PY_F_TAGGED_REFS | PY_F_ARM,
		  1, 3, 3, 128, 196, 245 },
		{ 15,
		  PY_F_LONG_TAG | PY_F_DICT_LOG2 | PY_F_MANAGED_DICT | PY_F_DICT_VALUES_HDR |
			  PY_F_MONITORING | PY_F_MONITORING_TSTATE | PY_F_TSTATE_TLS |
			  PY_F_TAGGED_REFS | PY_F_ARM,
		  1, 3, 7, 128, 200, 244 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct py_layout l;

		ASSERT_EQ(py_layout_get(rows[i].minor, &l), 0);
		ASSERT_EQ(l.features, rows[i].features);
		ASSERT_EQ(l.owner_generator, rows[i].generator);
		ASSERT_EQ(l.owner_skip, rows[i].skip);
		ASSERT_EQ(l.resume_location_mask, rows[i].location);
		ASSERT_EQ(l.resume_cold, rows[i].cold);
		ASSERT_EQ(l.resume_hot, rows[i].hot);
		ASSERT_EQ(l.resume_armed, rows[i].armed);
	}
}

TEST(opcodes)
{
	static const struct {
		unsigned int minor;
		const char *name;
		uint8_t number;
	} rows[] = {
		{ 11, "RESUME", 151 },
		{ 11, "RESUME_QUICK", 150 },
		{ 12, "RESUME", 151 },
		{ 12, "INSTRUMENTED_RESUME", 240 },
		{ 13, "RESUME", 149 },
		{ 13, "RESUME_CHECK", 207 },
		{ 13, "INSTRUMENTED_RESUME", 236 },
		{ 14, "RESUME", 128 },
		{ 14, "RESUME_CHECK", 196 },
		{ 14, "INSTRUMENTED_RESUME", 245 },
		{ 15, "RESUME", 128 },
		{ 15, "RESUME_CHECK", 200 },
		{ 15, "RESUME_CHECK_JIT", 201 },
		{ 15, "INSTRUMENTED_RESUME", 244 },
	};
	size_t total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct py_version *v = py_version_get(rows[i].minor);
		bool found = false;

		for (size_t j = 0; j < PY_RESUME_OPCODES_MAX && v->resume[j].name; j++)
			found |= str_eq(v->resume[j].name, rows[i].name) &&
				 v->resume[j].number == rows[i].number;
		if (!found)
			TEST_FAIL("3.%u has no %s %u", rows[i].minor, rows[i].name, rows[i].number);
	}
	for (unsigned int minor = 8; minor <= 15; minor++) {
		const struct py_version *v = py_version_get(minor);

		for (size_t j = 0; j < PY_RESUME_OPCODES_MAX && v->resume[j].name; j++) {
			ASSERT(v->resume[j].number < v->unused_first ||
			       v->resume[j].number > v->unused_last);
			total++;
		}
		ASSERT_EQ(v->entry, minor < 11 ? PY_ENTRY_EVAL : PY_ENTRY_RESUME);
	}
	ASSERT_EQ(total, ARRAY_SIZE(rows));
}

TEST(unknown_versions)
{
	struct py_layout l;

	ASSERT_EQ(py_layout_get(7, &l), -EOPNOTSUPP);
	ASSERT_EQ(py_layout_get(16, &l), -EOPNOTSUPP);
	ASSERT_EQ(py_layout_get(0, &l), -EOPNOTSUPP);
}
