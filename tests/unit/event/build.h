/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds records as the kernel side does (see bpf/abi/event.h), and decodes them. */
#pragma once

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "bpf/abi/event.h"
#include "bpf/abi/limits.h"
#include "event/event.h"
#include "test.h"

struct build {
	struct ev_match head;
	struct buf nodes;
};

static struct build b; /* the record being built */
static struct arena arena;
static struct event ev;
static struct err error;
static char shown[4096];

static inline void put_node(unsigned int type, unsigned int flags, unsigned int aux,
			    const void *payload, size_t len)
{
	struct ev_node n = { .type = (uint8_t)type,
			     .flags = (uint8_t)flags,
			     .aux = (uint16_t)aux,
			     .len = (uint32_t)len };

	buf_add(&b.nodes, &n, sizeof(n));
	buf_add(&b.nodes, payload, len);
	buf_add(&b.nodes, "\0\0\0\0\0\0\0", (8 - len % 8) % 8);
}

static inline void start(unsigned int probe, unsigned int callee)
{
	buf_fini(&b.nodes);
	b.head = (struct ev_match){
		.hdr = { .kind = EV_MATCH, .abi = PHRUDE_ABI_VERSION, .pid = 1234, .tid = 1235 },
		.probe = (uint8_t)probe,
		.callee = (uint8_t)callee,
	};
}

static inline void put(unsigned int type)
{
	put_node(type, 0, 0, "", 0);
}

static inline void put_aux(unsigned int type, unsigned int aux)
{
	put_node(type, 0, aux, "", 0);
}

static inline void put_str(const char *s)
{
	put_node(VAL_STR, 0, 1, s, strlen(s));
}

static inline void put_int(int n)
{
	uint32_t digit = (uint32_t)(n < 0 ? -n : n);

	put_node(VAL_INT, 0, n < 0, &digit, n ? 4 : 0);
}

static inline void put_name(unsigned int section, const char *s)
{
	put(section);
	put_str(s);
}

static inline void put_func(struct ev_func f)
{
	put_node(SEC_FUNC, 0, 0, &f, sizeof(f));
}

/* The names of parameters, "a b c", in the order of their slots. */
static inline void put_param_names(const char *names)
{
	for (unsigned int i = 0; *names; i++) {
		size_t len = strcspn(names, " ");

		put_aux(SEC_PARAMNAME, i);
		put_node(VAL_STR, 0, 1, names, len);
		names += len + strspn(names + len, " ");
	}
}

static inline void put_frame(const char *function, const char *file)
{
	struct ev_frame f = {
		.code = 1, .linetable = 2, .signature = 3, .lasti = 4, .firstlineno = 5
	};

	put_node(SEC_FRAME, 0, 0, &f, sizeof(f));
	put_str(function);
	put_str(file);
}

/* Decodes what was built from an odd address. */
static inline int decode(void)
{
	size_t size = sizeof(b.head) + b.nodes.len;
	char *copy = malloc(size + 1);
	int ret;

	b.head.hdr.size = (uint32_t)size;
	memcpy(copy + 1, &b.head, sizeof(b.head));
	if (b.nodes.len)
		memcpy(copy + 1 + sizeof(b.head), b.nodes.data, b.nodes.len);
	arena_fini(&arena);
	error.msg[0] = '\0';
	ret = event_decode(&arena, copy + 1, size, &ev, &error);
	free(copy);
	return ret;
}

/* The decoded arguments as "name=repr, ...". */
static inline const char *args(void)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < ev.nr_args; i++) {
		if (i)
			buf_adds(&out, ", ");
		buf_add(&out, ev.args[i].name.s, ev.args[i].name.len);
		buf_addc(&out, '=');
		value_repr(&out, &ev.args[i].value);
	}
	snprintf(shown, sizeof(shown), "%s", out.data ? out.data : "");
	buf_fini(&out);
	return shown;
}

static inline const char *text_of(struct text t)
{
	static char copies[4][512];
	static unsigned int next;
	char *copy = copies[next++ % 4];

	if (!t.s)
		return "(unknown)";
	snprintf(copy, sizeof(copies[0]), "%.*s", (int)t.len, t.s);
	return copy;
}
