// SPDX-License-Identifier: GPL-2.0-only
#include "build.h"

/* def f(a, b, /, c, d=4, *args, k, m=6, **kw); the slots have *args after the keyword-only ones */
static void start_full(unsigned int flags)
{
	start(PROBE_CALL, CALLEE_PYTHON);
	put_name(SEC_NAME, "f");
	put_func((struct ev_func){ .argcount = 4,
				   .posonlyargcount = 2,
				   .kwonlyargcount = 2,
				   .flags = flags,
				   .ndefaults = 1 });
	put_param_names(flags == 12  ? "a b c d k m args kw"
			: flags == 8 ? "a b c d k m kw"
				     : "a b c d k m");
	put_aux(SEC_DEFAULT, 0);
	put_int(4);
	put(SEC_KWDEFAULTS);
	put(VAL_DICT);
	put_str("m");
	put_int(6);
	put(VAL_END);
}

static void put_pos(unsigned int position, int n)
{
	put_aux(SEC_POSARG, position);
	put_int(n);
}

static void put_kw(const char *name, int n)
{
	put(SEC_KWARG);
	put_str(name);
	put_int(n);
}

TEST(defaults)
{
	start_full(12);
	put_pos(0, 1);
	put_pos(1, 2);
	put_pos(2, 3);
	put_kw("k", 5);
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=1, b=2, c=3, d=4, args=(), k=5, m=6, kw={}");
	ASSERT(!event_is_truncated(&ev));
}

TEST(surplus)
{
	start_full(12);
	for (unsigned int i = 0; i < 6; i++)
		put_pos(i, (int)i);
	put_kw("z", 7);
	put_kw("m", 8);
	put_kw("a", 9); /* positional-only: free for **kw */
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=0, b=1, c=2, d=3, args=(4, 5), k=<unset>, m=8, kw={'z': 7, 'a': 9}");
}

TEST(by_keyword)
{
	start_full(8);
	put_pos(0, 0);
	put_pos(1, 1);
	put_kw("d", 3);
	put_kw("c", 2);
	put_kw("k", 4);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=0, b=1, c=2, d=3, k=4, m=6, kw={}");
}

TEST(type_errors_show_what_is_known)
{
	start_full(0);
	for (unsigned int i = 0; i < 6; i++)
		put_pos(i, (int)i);
	put_kw("c", 7); /* twice */
	put_kw("nope", 8);
	put_kw("nope", 9);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=0, b=1, c=2, d=3, k=<unset>, m=6, 4=4, 5=5, nope=8");
	start_full(0);
	put_kw("b", 1); /* positional-only */
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=<unset>, b=1, c=<unset>, d=4, k=<unset>, m=6");
}

TEST(holes_and_missing_names)
{
	start(PROBE_CALL, CALLEE_PYTHON);
	put_func((struct ev_func){ .argcount = 3 });
	put_param_names("a");
	put_pos(2, 5);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=…, 1=…, 2=5");
	ASSERT(ev.args_cut);
	/* no SEC_FUNC: as many parameters as there are names */
	start(PROBE_CALL, CALLEE_PYTHON);
	put_param_names("a b");
	put_pos(0, 5);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=5, b=<unset>");
}

TEST(hostile_counts)
{
	start(PROBE_CALL, CALLEE_PYTHON);
	put_func((struct ev_func){ .argcount = UINT32_MAX,
				   .posonlyargcount = UINT32_MAX,
				   .kwonlyargcount = UINT32_MAX,
				   .flags = 12 });
	put_param_names("a");
	put_aux(SEC_PARAMNAME, 0xffff);
	put_str("far");
	put_aux(SEC_DEFAULT, 0xffff);
	put_int(1);
	put_pos(0xffff, 1);
	put_pos(0, 1);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.nr_args, PHRUDE_ARGS_MAX);
	ASSERT(ev.args_cut);
	start(PROBE_CALL, CALLEE_C);
	for (unsigned int i = 0; i < PHRUDE_ARGS_MAX; i++)
		put_pos(i, 1);
	for (unsigned int i = 0; i < 2 * PHRUDE_ARGS_MAX; i++)
		put_kw("k", 1);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.nr_args, PHRUDE_ARGS_MAX);
	ASSERT(ev.args_cut);
}

TEST(a_cut_call_may_have_had_more)
{
	start_full(12);
	for (unsigned int i = 0; i < PHRUDE_ARGS_MAX; i++)
		put_pos(i, 1);
	b.head.cut = EV_CUT_ARGS;
	ASSERT_EQ(decode(), 0);
	ASSERT_HAS(args(), "1, 1, …), k=");
}

static void start_c(const char *name, const char *doc)
{
	start(PROBE_CALL, CALLEE_C);
	put_name(SEC_NAME, name);
	if (doc) {
		put(SEC_SIGNATURE);
		put_node(VAL_UTF8, 0, 0, doc, strlen(doc));
	}
}

TEST(c_functions_by_signature)
{
	start_c("system", "system($module, /, command)\n--\n\nExecute the command in a subshell.");
	put_aux(SEC_POSARG, 0);
	put_str("id");
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "command='id'");
	start_c("open", "open($module, /, path, flags, mode=511, *, dir_fd=None)\n--\n\n");
	put_pos(0, 1);
	put_kw("dir_fd", 3);
	put_kw("flags", 2);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "path=1, flags=2, mode=511, dir_fd=3");
	start_c("print", "print(*args, sep=' ', end='\\n', file=None, flush=False)\n--\n\nPrints");
	put_pos(0, 1);
	put_kw("flush", 1);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "args=(1,), sep=' ', end='\\n', file=None, flush=1");
}

TEST(c_functions_by_position)
{
	start_c("dir", "dir([object]) -> list of strings\n\nIf called without");
	put_pos(0, 1);
	put_pos(1, 2);
	put_kw("key", 3);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "0=1, 1=2, key=3");
	start_c("f", NULL);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "");
	/* more than the signature has */
	start_c("f", "f($module, a, /)\n--\n\n");
	put_pos(0, 1);
	put_pos(1, 2);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=1, 1=2");
}

TEST(an_audit_event_by_position)
{
	start(PROBE_AUDIT, 0);
	put_name(SEC_NAME, "os.system");
	put_aux(SEC_POSARG, 0);
	put_node(VAL_BYTES, 0, 0, "id", 2);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "0=b'id'");
	ASSERT_STR(text_of(ev.name), "os.system");
}

TEST(what_a_method_is_called_on)
{
	static const char signature[] = "split($self, /, sep=None)\n--\n\n";

	/* It comes last, and is the first. */
	start(PROBE_DIRECT, CALLEE_C);
	put_name(SEC_NAME, "format");
	put_aux(SEC_POSARG, 0);
	put_int(7);
	put(SEC_SELF);
	put_str("<{}>");
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "self='<{}>', 0=7");
	start(PROBE_DIRECT, CALLEE_C);
	put_name(SEC_NAME, "split");
	put(SEC_SIGNATURE);
	put_node(VAL_UTF8, 0, 0, signature, sizeof(signature) - 1);
	put(SEC_SELF);
	put_node(VAL_STR, NODE_CUT, 1, "a b", 3);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "self='a b…', sep=None");
	ASSERT(ev.args_cut);
	/* A parameter of that name is another thing. */
	start(PROBE_DIRECT, CALLEE_C);
	put_name(SEC_NAME, "f");
	put(SEC_KWARG);
	put_str("self");
	put_int(1);
	put(SEC_SELF);
	put_int(2);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "self=1");
	/* There are never more arguments than anybody expects. */
	start(PROBE_DIRECT, CALLEE_C);
	put_name(SEC_NAME, "f");
	for (unsigned int i = 0; i < PHRUDE_ARGS_MAX; i++) {
		put_aux(SEC_POSARG, i);
		put_int(1);
	}
	put(SEC_SELF);
	put_int(2);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.nr_args, PHRUDE_ARGS_MAX);
	ASSERT_STR(text_of(ev.args[0].name), "self");
	ASSERT(ev.args_cut);
}
