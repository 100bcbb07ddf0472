// SPDX-License-Identifier: GPL-2.0-only
#include "build.h"

/* A record of one parameter "x" of a frame, whose value is to follow. */
static void start_value(void)
{
	start(PROBE_USDT, CALLEE_PYTHON);
	put_aux(SEC_PARAM, 0);
	put_str("x");
}

#define ASSERT_VALUE(repr)                     \
	do {                                   \
		ASSERT_EQ(decode(), 0);        \
		ASSERT_STR(args(), "x=" repr); \
	} while (0)

TEST(frame_layout_in_signature_order)
{
	start(PROBE_USDT, CALLEE_PYTHON);
	put_name(SEC_NAME, "f");
	put_name(SEC_QUALNAME, "C.f");
	put_name(SEC_FILE, "/srv/app.py");
	put_func((struct ev_func){ .argcount = 2,
				   .kwonlyargcount = 1,
				   .flags = EV_FUNC_VARARGS | EV_FUNC_VARKEYWORDS,
				   .firstlineno = 7 });
	/* slots of def f(a, b, *args, k=1, **kw) */
	put_aux(SEC_PARAM, 0);
	put_str("a");
	put_int(1);
	put_aux(SEC_PARAM, 1);
	put_str("b");
	put_str("it's");
	put_aux(SEC_PARAM, 2);
	put_str("k");
	put(VAL_NONE);
	put_aux(SEC_PARAM, 3);
	put_str("args");
	put(VAL_TUPLE);
	put_int(-2);
	put(VAL_END);
	put_aux(SEC_PARAM, 4);
	put_str("kw");
	put(VAL_DICT);
	put_str("z");
	put(VAL_TRUE);
	put(VAL_END);
	put_frame("caller", "/srv/views.py");
	put_frame("<module>", "/srv/app.py");
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(args(), "a=1, b=\"it's\", args=(-2,), k=None, kw={'z': True}");
	ASSERT_STR(text_of(ev.name), "f");
	ASSERT_STR(text_of(ev.qualname), "C.f");
	ASSERT_STR(text_of(ev.file), "/srv/app.py");
	ASSERT(!ev.module.s);
	ASSERT_EQ(ev.line, 7);
	ASSERT_EQ(ev.nr_frames, 2);
	ASSERT_STR(text_of(ev.frames[0].function), "caller");
	ASSERT_STR(text_of(ev.frames[1].file), "/srv/app.py");
	ASSERT_EQ(ev.frames[0].linetable, 2);
	ASSERT_EQ(ev.frames[0].lasti, 4);
	ASSERT_EQ(ev.frames[0].line, 0);
	ASSERT(!event_is_truncated(&ev));
}

TEST(scalars)
{
	double pi = 3.5;

	start_value();
	put_node(VAL_FLOAT, 0, 0, &pi, sizeof(pi));
	ASSERT_VALUE("3.5");
	start_value();
	put(VAL_FALSE);
	ASSERT_VALUE("False");
	start_value();
	put_node(VAL_BYTES, 0, 0, "a\0\xff'", 4);
	ASSERT_VALUE("b\"a\\x00\\xff'\"");
	start_value();
	put(VAL_UNSET);
	ASSERT_VALUE("<unset>");
	ASSERT(!ev.args_cut);
	start_value();
	put(VAL_UNREADABLE);
	ASSERT_VALUE("<unreadable>");
	ASSERT(ev.args_cut);
	start_value();
	put(VAL_DEEP);
	ASSERT_VALUE("…");
	ASSERT(ev.args_cut);
}

TEST(strings_of_each_width)
{
	static const uint16_t two[] = { 0x20ac, 0xd83d, 'x' };
	static const uint32_t four[] = { 0x1f600, 0x110000, 0xffffffff };

	start_value();
	put_node(VAL_STR, 0, 1, "caf\xe9", 4);
	ASSERT_VALUE("'café'");
	start_value();
	put_node(VAL_STR, 0, 2, two, sizeof(two));
	ASSERT_VALUE("'€\\ud83dx'");
	start_value();
	put_node(VAL_STR, 0, 4, four, sizeof(four));
	ASSERT_VALUE("'😀��'");
	start_value();
	put_node(VAL_STR, 0, 2, two, 5); /* half a character */
	ASSERT_VALUE("'€\\ud83d'");
	start_value();
	put_node(VAL_STR, NODE_CUT, 1, "abc", 3);
	ASSERT_VALUE("'abc…'");
	ASSERT(event_is_truncated(&ev));
	start_value();
	put_node(VAL_STR, 0, 3, "abc", 3);
	ASSERT_EQ(decode(), -EPROTO);
}

TEST(c_strings)
{
	start_value();
	put_node(VAL_UTF8, 0, 0, "na\xc3\xafve\0junk", 11);
	ASSERT_VALUE("'naïve'");
	start_value();
	put_node(VAL_UTF8, NODE_CUT, 0, "na\xc3", 3); /* cut inside a character */
	ASSERT_VALUE("'na…'");
	start_value();
	put_node(VAL_UTF8, NODE_CUT, 0, "\xe2\x82\xac\xf0\x9f\x98", 6);
	ASSERT_VALUE("'€…'");
	start_value();
	put_node(VAL_UTF8, 0, 0, "a\xff", 2);
	ASSERT_VALUE("'a\\udcff'");
}

TEST(objects_go_by_their_last_name)
{
	start_value();
	put_node(VAL_OBJECT, 0, 0, "collections.OrderedDict", 23);
	ASSERT_VALUE("CLASS:OrderedDict");
	start_value();
	put_node(VAL_OBJECT, 0, 0, "Context", 7);
	ASSERT_VALUE("CLASS:Context");
	start_value();
	put_node(VAL_OBJECT, 0, 0, "", 0);
	ASSERT_VALUE("CLASS:");
	start_value();
	put_node(VAL_OBJECT, 0, 0, "a.\x1b[2J", 6);
	ASSERT_VALUE("CLASS:\\x1b[2J");
}

TEST(containers)
{
	start_value();
	put(VAL_LIST);
	put(VAL_SET);
	put(VAL_END);
	put(VAL_FROZENSET);
	put_int(1);
	put(VAL_END);
	put(VAL_SET);
	put_int(2);
	put_node(VAL_END, NODE_CUT, 0, "", 0);
	put(VAL_TUPLE);
	put(VAL_END);
	put_aux(VAL_CYCLE, VAL_LIST);
	put_aux(VAL_CYCLE, VAL_DICT);
	put_node(VAL_END, NODE_CUT, 0, "", 0);
	ASSERT_VALUE("[set(), frozenset({1}), {2, …}, (), [...], {...}, …]");
	ASSERT(ev.args_cut);
	start_value();
	put(VAL_DICT);
	put_str("a");
	put(VAL_END);
	ASSERT_VALUE("{'a': …, …}");
	ASSERT(ev.args_cut);
}

TEST(a_cut_int_shows_its_head)
{
	static const uint32_t digits[] = { 0, 0x15 };

	start_value();
	put_node(VAL_INT, NODE_CUT, 1, digits, sizeof(digits));
	ASSERT_VALUE("-0x540000000…");
}

TEST(ints_are_hostile_too)
{
	static const uint32_t digits[] = { 0xffffffff, 0, 0 };

	start_value();
	put_node(VAL_INT, 0, 7, digits, sizeof(digits));
	ASSERT_VALUE("-1073741823");
	start_value();
	put_node(VAL_INT, 0, 1, digits, 3);
	ASSERT_VALUE("0");
}

TEST(an_event_that_was_full)
{
	start_value();
	b.head.cut = EV_CUT_SPACE;
	put(VAL_LIST);
	put(VAL_TUPLE);
	put_int(1);
	ASSERT_VALUE("[(1, …), …]");
	ASSERT(event_is_truncated(&ev));
	/* sections may follow all the same */
	put_frame("g", "h");
	ASSERT_VALUE("[(1, …), …]");
	ASSERT_EQ(ev.nr_frames, 1);
	ASSERT(ev.stack_cut);
	b.head.cut = 0;
	ASSERT_EQ(decode(), -EPROTO);
	start_value();
	b.head.cut = EV_CUT_SPACE;
	ASSERT_VALUE("…");
	b.head.cut = 0;
	ASSERT_EQ(decode(), -EPROTO);
}

TEST(names_that_cannot_be_read)
{
	start(PROBE_ARM, CALLEE_PYTHON);
	put(SEC_NAME);
	put(VAL_UNREADABLE);
	put_aux(SEC_PARAM, 3);
	put(VAL_UNREADABLE);
	put_int(1);
	put(SEC_FILE);
	put_node(VAL_STR, NODE_CUT, 1, "/a", 2);
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT(!ev.name.s);
	ASSERT_STR(args(), "3=1");
	ASSERT_STR(text_of(ev.file), "/a…");
	ASSERT(ev.names_cut && event_is_truncated(&ev));
}

TEST(c_names)
{
	start(PROBE_CALL, CALLEE_C);
	put_name(SEC_NAME, "connect");
	put(SEC_TYPENAME);
	put_node(VAL_UTF8, 0, 0, "_socket.socket", 14);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(text_of(ev.module), "_socket");
	ASSERT_STR(text_of(ev.qualname), "socket.connect");
	start(PROBE_CALL, CALLEE_C);
	put_name(SEC_NAME, "system");
	put_name(SEC_MODULE, "posix");
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(text_of(ev.qualname), "system");
	start(PROBE_CALL, CALLEE_TYPE);
	put(SEC_TYPENAME);
	put_node(VAL_UTF8, 0, 0, "_io.BytesIO", 11);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(text_of(ev.name), "BytesIO");
	ASSERT_STR(text_of(ev.qualname), "BytesIO");
	ASSERT_STR(text_of(ev.module), "_io");
	start(PROBE_CALL, CALLEE_TYPE);
	put(SEC_TYPENAME);
	put_node(VAL_UTF8, 0, 0, "list", 4);
	ASSERT_EQ(decode(), 0);
	ASSERT_STR(text_of(ev.name), "list");
	ASSERT_STR(text_of(ev.module), "builtins");
}

TEST(malformed_heads)
{
	struct ev_match head;
	char record[sizeof(head)];

	start(PROBE_CALL, CALLEE_C);
	head = b.head;
	head.hdr.size = sizeof(head);
	memcpy(record, &head, sizeof(head));
	ASSERT_EQ(event_decode(&arena, record, sizeof(record), &ev, NULL), 0);
	ASSERT_EQ(event_decode(&arena, record, sizeof(record) - 1, &ev, NULL), -EPROTO);
	ASSERT_EQ(event_decode(&arena, record, 0, &ev, NULL), -EPROTO);
	head.hdr.size = sizeof(head) + 8;
	memcpy(record, &head, sizeof(head));
	ASSERT_EQ(event_decode(&arena, record, sizeof(record), &ev, NULL), -EPROTO);
	head.hdr.size = sizeof(head);
	head.hdr.abi = PHRUDE_ABI_VERSION + 1;
	memcpy(record, &head, sizeof(head));
	ASSERT_EQ(event_decode(&arena, record, sizeof(record), &ev, NULL), -EPROTO);
	head.hdr.abi = PHRUDE_ABI_VERSION;
	head.hdr.kind = EV_PROC;
	memcpy(record, &head, sizeof(head));
	ASSERT_EQ(event_decode(&arena, record, sizeof(record), &ev, &error), -EPROTO);
	ASSERT_HAS(error.msg, "no match");
}

TEST(malformed_nodes)
{
	uint32_t huge = 0xfffffff9;

	start_value();
	put(VAL_NONE);
	put(99);
	ASSERT_EQ(decode(), -EPROTO);
	ASSERT_HAS(error.msg, "unknown node type 99");
	start_value();
	put(VAL_END);
	ASSERT_EQ(decode(), -EPROTO);
	start_value();
	put(VAL_NONE);
	put(VAL_NONE);
	ASSERT_EQ(decode(), -EPROTO);
	start_value();
	put_node(VAL_FLOAT, 0, 0, "1234567", 7);
	ASSERT_EQ(decode(), -EPROTO);
	start_value();
	put_aux(VAL_CYCLE, VAL_NONE);
	ASSERT_EQ(decode(), -EPROTO);
	start_value();
	put(VAL_LIST);
	ASSERT_EQ(decode(), -EPROTO);
	start(PROBE_USDT, CALLEE_PYTHON);
	put_node(SEC_FUNC, 0, 0, "1234", 4);
	ASSERT_EQ(decode(), -EPROTO);
	start(PROBE_USDT, CALLEE_PYTHON);
	put_node(SEC_FRAME, 0, 0, "1234", 4);
	ASSERT_EQ(decode(), -EPROTO);
	start_value();
	put_node(VAL_BYTES, 0, 0, "12345678", 8);
	b.nodes.len -= 8; /* payload missing */
	ASSERT_EQ(decode(), -EPROTO);
	memcpy(b.nodes.data + b.nodes.len - 4, &huge, 4);
	ASSERT_EQ(decode(), -EPROTO);
	start_value();
	put(VAL_NONE);
	b.nodes.len -= 4;
	ASSERT_EQ(decode(), -EPROTO);
}

TEST(nesting_is_bounded)
{
	start_value();
	for (int i = 0; i < 20; i++)
		put(VAL_LIST);
	for (int i = 0; i < 20; i++)
		put(VAL_END);
	ASSERT_EQ(decode(), 0);
	start_value();
	for (int i = 0; i < 8000; i++)
		put(VAL_LIST);
	b.head.cut = EV_CUT_SPACE;
	ASSERT_EQ(decode(), -EPROTO);
	ASSERT_HAS(error.msg, "deeper");
}

TEST(counts_are_bounded)
{
	start(PROBE_USDT, CALLEE_PYTHON);
	for (unsigned int i = 0; i < 300; i++) {
		put_aux(SEC_PARAM, 0xffff - i);
		put_str("p");
		put(VAL_NONE);
		put_frame("f", "g");
	}
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.nr_args, PHRUDE_ARGS_MAX);
	ASSERT_EQ(ev.nr_frames, PHRUDE_FRAMES_MAX);
	ASSERT(ev.args_cut && ev.stack_cut);
}

TEST(deep_stack)
{
	start(PROBE_USDT, CALLEE_PYTHON);
	b.head.cut = EV_CUT_MIDDLE;
	b.head.skipped = 700;
	put_frame("inner", "i");
	put(SEC_BETWEEN);
	put_str("between");
	put_str("b");
	put(SEC_GAP);
	put_frame("outer", "o");
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.nr_frames, 2);
	ASSERT_EQ(ev.gap, 1);
	ASSERT_EQ(ev.skipped, 700);
	ASSERT_EQ(ev.nr_between, 1);
	ASSERT_STR(text_of(ev.between[0].function), "between");
	ASSERT_STR(text_of(ev.between[0].file), "b");
	/* something is not shown, yet all is known */
	ASSERT(event_is_truncated(&ev) && !ev.stack_cut);
}

TEST(functions_between_are_bounded)
{
	start(PROBE_USDT, CALLEE_PYTHON);
	for (unsigned int i = 0; i < PHRUDE_BETWEEN_MAX + 1; i++) {
		put(SEC_BETWEEN);
		put_str("f");
		put_str("g");
	}
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.nr_between, PHRUDE_BETWEEN_MAX);
	ASSERT_EQ(ev.skipped, 0);
	ASSERT(ev.stack_cut);
	b.nodes.len -= 32; /* in the middle of one */
	ASSERT_EQ(decode(), -EPROTO);
}

TEST(memory_is_bounded)
{
	struct arena small = { .limit = 2000 };
	size_t size;
	char *copy;

	start_value();
	put(VAL_LIST);
	for (int i = 0; i < 100; i++)
		put_str("0123456789");
	put(VAL_END);
	size = sizeof(b.head) + b.nodes.len;
	b.head.hdr.size = (uint32_t)size;
	copy = malloc(size);
	memcpy(copy, &b.head, sizeof(b.head));
	memcpy(copy + sizeof(b.head), b.nodes.data, b.nodes.len);
	for (; small.limit < 12000; small.limit += 64) {
		int ret = event_decode(&small, copy, size, &ev, &error);

		arena_fini(&small);
		ASSERT(ret == 0 || ret == -ENOMEM);
		if (!ret)
			break;
	}
	free(copy);
	ASSERT(small.limit > 4000 && small.limit < 12000);
}
