// SPDX-License-Identifier: GPL-2.0-only
#include "event/node.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/event.h"
#include "bpf/abi/limits.h"
#include "event/path.h"

/*
 * Containers in containers that are followed, whatever the sender promises: this bounds recursion
 * everywhere.
 */
#define DEPTH_MAX (4 * PHRUDE_DEPTH_MAX)

static int read_value(struct node_reader *r, unsigned int depth, struct value *out);

bool node_peek(const struct node_reader *r, struct node *out)
{
	struct ev_node n;

	if (r->pos == r->end)
		return false;
	memcpy(&n, r->pos, sizeof(n));
	*out = (struct node){ n.type, n.flags, n.aux, n.len, r->pos + sizeof(n) };
	return true;
}

static size_t padded(uint32_t len)
{
	return ((size_t)len + 7) & ~(size_t)7;
}

void node_skip(struct node_reader *r, const struct node *n)
{
	r->pos = n->payload + padded(n->len);
}

static bool type_is_known(uint8_t type)
{
	return (type >= SEC_NAME && type < NR_SECS) || (type >= VAL_NONE && type < NR_VALS);
}

/* All nodes are within the stream and of known types: nothing later has to look at sizes again. */
static int check_nodes(const uint8_t *data, size_t len, size_t *out_count, struct err *err)
{
	size_t pos = 0, count = 0;
	struct ev_node n;

	for (; pos < len; count++) {
		if (len - pos < sizeof(n))
			return err_set(err, -EPROTO, "event: %zu stray bytes at its end",
				       len - pos);
		memcpy(&n, data + pos, sizeof(n));
		pos += sizeof(n);
		if (!type_is_known(n.type))
			return err_set(err, -EPROTO, "event: unknown node type %u", n.type);
		if (padded(n.len) > len - pos)
			return err_set(err, -EPROTO, "event: node of %u bytes where %zu are left",
				       n.len, len - pos);
		pos += padded(n.len);
	}
	*out_count = count;
	return 0;
}

int node_reader_init(struct node_reader *r, struct arena *arena, const uint8_t *data, size_t len,
		     struct err *err)
{
	int ret;

	*r = (struct node_reader){ .pos = data, .end = data + len, .arena = arena, .err = err };
	ret = check_nodes(data, len, &r->max, err);
	if (ret)
		return ret;
	r->stack = arena_array(arena, r->max, sizeof(*r->stack));
	if (!r->stack)
		return err_set(err, -ENOMEM, "event: no memory for %zu nodes", r->max);
	return 0;
}

static int no_memory(const struct node_reader *r)
{
	return err_set(r->err, -ENOMEM, "event: more than its memory allows");
}

static uint32_t char_at(const struct node *n, size_t i)
{
	uint16_t c2;
	uint32_t c4;

	switch (n->aux) {
	case 1:
		return n->payload[i];
	case 2:
		memcpy(&c2, n->payload + 2 * i, sizeof(c2));
		return c2;
	default:
		memcpy(&c4, n->payload + 4 * i, sizeof(c4));
		return c4 <= 0x10ffff ? c4 : 0xfffd;
	}
}

/* Unlike text_put() into memory that is known to suffice. */
static char *put_utf8(char *p, uint32_t ch)
{
	if (ch < 0x80) {
		*p++ = ch;
	} else if (ch < 0x800) {
		*p++ = 0xc0 | ch >> 6;
		*p++ = 0x80 | (ch & 0x3f);
	} else if (ch < 0x10000) {
		*p++ = 0xe0 | ch >> 12;
		*p++ = 0x80 | (ch >> 6 & 0x3f);
		*p++ = 0x80 | (ch & 0x3f);
	} else {
		*p++ = 0xf0 | ch >> 18;
		*p++ = 0x80 | (ch >> 12 & 0x3f);
		*p++ = 0x80 | (ch >> 6 & 0x3f);
		*p++ = 0x80 | (ch & 0x3f);
	}
	return p;
}

static int read_str(struct node_reader *r, const struct node *n, struct value *out)
{
	size_t count, size = 0;
	char *s, *p;

	if (n->aux != 1 && n->aux != 2 && n->aux != 4)
		return err_set(r->err, -EPROTO, "event: str of %u bytes a character", n->aux);
	count = n->len / n->aux;
	for (size_t i = 0; i < count; i++) {
		uint32_t ch = char_at(n, i);

		size += ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
	}
	p = s = arena_alloc(r->arena, size);
	if (!s)
		return no_memory(r);
	if (size == n->len && n->aux == 1)
		memcpy(s, n->payload, size);
	else
		for (size_t i = 0; i < count; i++)
			p = put_utf8(p, char_at(n, i));
	out->type = VALUE_STR;
	out->text = (struct text){ s, size };
	return 0;
}

/* Length of s without a character that a cut left incomplete at its end. */
static size_t utf8_whole(const uint8_t *s, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		uint8_t c = s[len - back];

		if ((c & 0xc0) == 0x80)
			continue;
		if (c >= 0xc0 && back < (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u))
			return len - back;
		break;
	}
	return len;
}

static int read_bytes(struct node_reader *r, const struct node *n, size_t from, size_t len,
		      struct text *out)
{
	char *s = arena_alloc(r->arena, len);

	if (!s)
		return no_memory(r);
	if (len)
		memcpy(s, n->payload + from, len);
	*out = (struct text){ s, len };
	return 0;
}

static int read_utf8(struct node_reader *r, const struct node *n, struct value *out)
{
	size_t len = strnlen((const char *)n->payload, n->len);

	if (len == n->len && n->flags & NODE_CUT)
		len = utf8_whole(n->payload, len);
	out->type = VALUE_STR;
	return read_bytes(r, n, 0, len, &out->text);
}

/* "collections.OrderedDict" is shown as "OrderedDict". */
static int read_object(struct node_reader *r, const struct node *n, struct value *out)
{
	size_t len = strnlen((const char *)n->payload, n->len);
	const uint8_t *dot = len ? memrchr(n->payload, '.', len) : NULL;
	size_t from = dot ? (size_t)(dot + 1 - n->payload) : 0;

	if (len == n->len && n->flags & NODE_CUT)
		len = from + utf8_whole(n->payload + from, len - from);
	out->type = VALUE_OBJECT;
	return read_bytes(r, n, from, len - from, &out->text);
}

static int read_int(struct node_reader *r, const struct node *n, struct value *out)
{
	uint32_t count = n->len / sizeof(uint32_t);
	uint32_t *digits = arena_array(r->arena, count, sizeof(*digits));

	if (!digits)
		return no_memory(r);
	if (count)
		memcpy(digits, n->payload, count * sizeof(*digits));
	for (uint32_t i = 0; i < count; i++)
		digits[i] &= (1u << 30) - 1;
	while (count && !digits[count - 1])
		count--;
	out->type = VALUE_INT;
	out->integer.digits = digits;
	out->integer.ndigits = count;
	out->integer.negative = n->aux & 1 && count;
	return 0;
}

static int read_float(struct node_reader *r, const struct node *n, struct value *out)
{
	if (n->len != sizeof(out->number))
		return err_set(r->err, -EPROTO, "event: float of %u bytes", n->len);
	out->type = VALUE_FLOAT;
	memcpy(&out->number, n->payload, sizeof(out->number));
	return 0;
}

static enum value_type container_type(uint16_t node_type)
{
	switch (node_type) {
	case VAL_LIST:
		return VALUE_LIST;
	case VAL_TUPLE:
		return VALUE_TUPLE;
	case VAL_DICT:
		return VALUE_DICT;
	case VAL_SET:
		return VALUE_SET;
	case VAL_FROZENSET:
		return VALUE_FROZENSET;
	default:
		return VALUE_NONE;
	}
}

static int read_cycle(struct node_reader *r, const struct node *n, struct value *out)
{
	out->type = VALUE_CYCLE;
	out->of = container_type(n->aux);
	if (out->of == VALUE_NONE)
		return err_set(r->err, -EPROTO, "event: cycle of node type %u", n->aux);
	return 0;
}

/* Pushes the elements up to the end of the container onto the stack. */
static int read_elements(struct node_reader *r, unsigned int depth, bool *cut)
{
	struct value v;
	struct node n;
	int ret;

	for (;;) {
		if (!node_peek(r, &n) || node_is_section(&n)) {
			if (!r->may_end)
				return err_set(r->err, -EPROTO, "event: a container has no end");
			*cut = true;
			return 0;
		}
		if (n.type == VAL_END) {
			node_skip(r, &n);
			*cut |= n.flags & NODE_CUT;
			return 0;
		}
		ret = read_value(r, depth, &v);
		if (ret)
			return ret;
		r->stack[r->top++] = v;
	}
}

static int read_container(struct node_reader *r, const struct node *n, unsigned int depth,
			  struct value *out)
{
	size_t base = r->top, count;
	bool cut = n->flags & NODE_CUT;
	int ret;

	if (depth >= DEPTH_MAX)
		return err_set(r->err, -EPROTO, "event: containers nested deeper than %d",
			       DEPTH_MAX);
	ret = read_elements(r, depth + 1, &cut);
	if (ret)
		return ret;
	/*
	 * A key whose value did not fit.  The container's own node is not on the stack: there is
	 * room.
	 */
	if (n->type == VAL_DICT && (r->top - base) % 2) {
		r->stack[r->top++] = (struct value){ .type = VALUE_DEEP };
		cut = true;
	}
	count = r->top - base;
	r->top = base;
	out->type = container_type(n->type);
	out->cut = cut;
	out->seq.count = count;
	out->seq.items = arena_array(r->arena, count, sizeof(struct value));
	if (!out->seq.items)
		return no_memory(r);
	if (count)
		memcpy(out->seq.items, r->stack + base, count * sizeof(struct value));
	return 0;
}

static int read_path(struct node_reader *r, const struct node *n, unsigned int depth,
		     struct value *out)
{
	int ret = read_container(r, n, depth, out);

	if (!ret && path_value(r->arena, n->aux, out->seq.items, out->seq.count, out->cut, out))
		ret = no_memory(r);
	return ret;
}

static int read_value(struct node_reader *r, unsigned int depth, struct value *out)
{
	struct node n;

	if (!node_peek(r, &n) || node_is_section(&n)) {
		*out = (struct value){ .type = VALUE_DEEP };
		return r->may_end ? 0 : err_set(r->err, -EPROTO, "event: a value is missing");
	}
	node_skip(r, &n);
	*out = (struct value){ .cut = n.flags & NODE_CUT };
	switch (n.type) {
	case VAL_NONE:
		return 0;
	case VAL_TRUE:
	case VAL_FALSE:
		out->type = VALUE_BOOL;
		out->boolean = n.type == VAL_TRUE;
		return 0;
	case VAL_INT:
		return read_int(r, &n, out);
	case VAL_FLOAT:
		return read_float(r, &n, out);
	case VAL_STR:
		return read_str(r, &n, out);
	case VAL_UTF8:
		return read_utf8(r, &n, out);
	case VAL_BYTES:
		out->type = VALUE_BYTES;
		return read_bytes(r, &n, 0, n.len, &out->text);
	case VAL_OBJECT:
		return read_object(r, &n, out);
	case VAL_PATH:
		return read_path(r, &n, depth, out);
	case VAL_CYCLE:
		return read_cycle(r, &n, out);
	case VAL_UNSET:
		out->type = VALUE_UNSET;
		return 0;
	case VAL_UNREADABLE:
		out->type = VALUE_UNREADABLE;
		return 0;
	case VAL_DEEP:
		out->type = VALUE_DEEP;
		return 0;
	case VAL_END:
		return err_set(r->err, -EPROTO, "event: the end of no container");
	default:
		return read_container(r, &n, depth, out);
	}
}

int node_value(struct node_reader *r, struct value *out)
{
	r->top = 0;
	return read_value(r, 0, out);
}
