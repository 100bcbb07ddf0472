// SPDX-License-Identifier: GPL-2.0-only
/* The tables that the kernel side finds a request by. */
#include "test.h"

#include "request/request_names.h"

static struct request_names names;

/* As entry_field() of bpf/request.bpf.c looks it up. */
static uint64_t field_of(const char *name)
{
	union text24 text = { { 0 } };
	const struct request_entry *e;
	uint32_t at;

	memcpy(text.c, name, strlen(name));
	at = names.buckets[request_bucket(names.seed, text.w[0], text.w[1], text.w[2])];
	if (!at)
		return 0;
	e = &names.entries[at - 1];
	return memcmp(e->name.c, text.c, sizeof(text.c)) ? 0 : e->field;
}

TEST(each_entry_is_found)
{
	size_t count = 0, used = 0;

	ASSERT_EQ(request_names_fill(&names), 0);
	for (size_t i = 0; names.entries[i].field; i++) {
		char name[25] = "";

		memcpy(name, names.entries[i].name.c, 24);
		ASSERT_EQ(field_of(name), names.entries[i].field);
		ASSERT(names.entries[i].field <= NR_FOUND);
		count++;
	}
	for (size_t i = 0; i < REQUEST_BUCKETS; i++)
		used += names.buckets[i] != 0;
	ASSERT_EQ(used, count);
	ASSERT_EQ(field_of("REQUEST_METHOD"), 1 + EV_REQ_METHOD);
	ASSERT_EQ(field_of("_parent_task"), 1 + FOUND_PARENT);
	ASSERT_EQ(field_of("HTTP_X_FORWARDED_FOR"), 1 + EV_REQ_FORWARDED_FOR);
}

TEST(nothing_else_is)
{
	static const char *const others[] = { "",
					      "PATH",
					      "REQUEST_METHOD_",
					      "path_info",
					      "SCRIPT_NAME ",
					      "HTTP_ACCEPT",
					      "wsgi.errors",
					      "SERVER_PROTOCOL",
					      "HOME",
					      "headers\001",
					      "HTTP_X_FORWARDED_FORX" };

	ASSERT_EQ(request_names_fill(&names), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ASSERT_EQ(field_of(others[i]), 0);
}

TEST(paths_are_known_by_their_end)
{
	bool tornado = false;

	ASSERT_EQ(request_names_fill(&names), 0);
	for (size_t i = 0; names.functions[i].role; i++)
		tornado |= !memcmp(names.functions[i].file.c, "s/tornado/web.py", 16);
	ASSERT(tornado);
	for (size_t i = 0; names.callbacks[i].func.w[0]; i++)
		ASSERT(!memcmp(names.callbacks[i].file.c + 13, ".py", 3));
}

TEST(what_is_filled_once_is_filled_the_same_again)
{
	static struct request_names again;

	ASSERT_EQ(request_names_fill(&names), 0);
	memset(&again, 0xff, sizeof(again));
	ASSERT_EQ(request_names_fill(&again), 0);
	ASSERT(!memcmp(&names, &again, sizeof(names)));
}
