// SPDX-License-Identifier: GPL-2.0-only
/* The part of a record that is about the HTTP request: its fields and its body. */
#include "build.h"

TEST(request)
{
	start(PROBE_FRAME, CALLEE_PYTHON);
	put_name(SEC_NAME, "f");
	put_aux(SEC_REQUEST, REQUEST_WSGI);
	put_aux(SEC_REQFIELD, EV_REQ_PATH);
	put_node(VAL_STR, 0, 1, "/caf\xe9", 5);
	put_aux(SEC_REQFIELD, EV_REQ_COOKIE);
	put_node(VAL_BYTES, NODE_CUT, 0, "a\0b", 3);
	put_aux(SEC_REQFIELD, EV_REQ_PEER);
	put(VAL_NONE); /* no text: left out */
	put_aux(SEC_REQFIELD, 0xffff);
	put_str("unknown field");
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.request.kind, REQUEST_WSGI);
	ASSERT_EQ(ev.request.nr_values, 2);
	ASSERT(text_eq(ev.request.values[0].text, TEXT("/caf\xc3\xa9")));
	ASSERT(!ev.request.values[0].bytes && !ev.request.values[0].cut);
	ASSERT_EQ(ev.request.values[1].field, EV_REQ_COOKIE);
	ASSERT(text_eq(ev.request.values[1].text, TEXT("a\0b")));
	ASSERT(ev.request.values[1].bytes && ev.request.values[1].cut);
	ASSERT(!event_is_truncated(&ev)); /* a cookie is not shown */
}

TEST(request_with_a_body)
{
	const struct value *form;

	start(PROBE_FRAME, CALLEE_PYTHON);
	put_aux(SEC_REQUEST, REQUEST_WSGI);
	put_aux(SEC_REQFIELD, EV_REQ_BODY);
	put_node(VAL_BYTES, NODE_CUT, 0, "a=b", 3);
	put_aux(SEC_REQFIELD, EV_REQ_FORM);
	put(VAL_DICT);
	put_str("x");
	put(VAL_LIST);
	put_str("a;id");
	put(VAL_END);
	put_node(VAL_END, NODE_CUT, 0, NULL, 0);
	put_aux(SEC_REQFIELD, EV_REQ_DATA);
	put(VAL_NONE);
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.request.nr_values, 3);
	ASSERT(text_eq(ev.request.values[0].text, TEXT("a=b")) && ev.request.values[0].cut);
	ASSERT(!ev.request.values[0].value);
	form = ev.request.values[1].value;
	ASSERT(form && form->type == VALUE_DICT && form->seq.count == 2);
	ASSERT(ev.request.values[1].cut && !ev.request.values[1].text.s);
	ASSERT(ev.request.values[2].value->type == VALUE_NONE && !ev.request.values[2].cut);
	ASSERT(!event_is_truncated(&ev)); /* a body is not shown */
}

TEST(request_that_is_cut)
{
	start(PROBE_FRAME, CALLEE_PYTHON);
	put_aux(SEC_REQUEST, 77); /* of no kind that is known */
	put_aux(SEC_REQFIELD, EV_REQ_PATH);
	put_node(VAL_STR, NODE_CUT, 1, "/x", 2);
	put(SEC_STACK_END);
	ASSERT_EQ(decode(), 0);
	ASSERT_EQ(ev.request.kind, 0);
	ASSERT(event_is_truncated(&ev));
}
