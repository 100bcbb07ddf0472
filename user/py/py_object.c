// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/util.h"
#include "py/remote.h"

/* The same in all versions (Include/object.h, Include/cpython/unicodeobject.h, longintrepr.h). */
#define OB_TYPE 8
#define OB_SIZE 16
#define STR_LENGTH 16
#define STR_STATE 32
#define INT_DIGITS 24
#define INT_DIGIT_BITS 30
#define TPFLAGS_INT (1ULL << 24)
#define TPFLAGS_TUPLE (1ULL << 26)
#define TPFLAGS_STR (1ULL << 28)
#define TPFLAGS_DICT (1ULL << 29)

#define STR_MAX 512
#define DICT_ENTRIES_MAX 65536
#define KEYS_KIND_GENERAL 0

int py_object_type(const struct py_reader *rd, uint64_t obj, uint64_t *type)
{
	if (!obj || obj % 8)
		return -EPROTO;
	return remote_read_u64(rd->pid, obj + OB_TYPE, type);
}

static int check_type(const struct py_reader *rd, uint64_t obj, uint64_t flag)
{
	uint64_t type, flags;
	int ret = py_object_type(rd, obj, &type);

	if (!ret)
		ret = remote_read_u64(rd->pid, type + rd->layout->type_flags, &flags);
	if (ret)
		return ret;
	return flags & flag ? 0 : -EPROTO;
}

int py_str_read(const struct py_reader *rd, uint64_t obj, char *buf, size_t size)
{
	uint64_t header[5], length;
	uint32_t state;
	int ret;

	if (!obj || obj % 8)
		return -EPROTO;
	ret = remote_read(rd->pid, obj, header, sizeof(header));
	if (ret)
		return ret;
	length = header[STR_LENGTH / 8];
	state = (uint32_t)header[STR_STATE / 8];
	/* bits 2-4: bytes a character, 5: compact, 6: ASCII */
	if ((state >> 2 & 7) != 1 || !(state & 1u << 5) || !(state & 1u << 6))
		return -ENOENT;
	if (length >= size || length > STR_MAX)
		return -ENOENT;
	ret = remote_read(rd->pid, obj + rd->layout->str_ascii_data, buf, length);
	if (ret)
		return ret;
	buf[length] = '\0';
	return 0;
}

int py_str_decode(const struct py_reader *rd, uint64_t obj, size_t max, struct buf *out)
{
	_cleanup_free_ uint8_t *chars = NULL;
	uint64_t header[5], length, data;
	uint32_t state, kind;
	int ret;

	ret = check_type(rd, obj, TPFLAGS_STR);
	if (!ret)
		ret = remote_read(rd->pid, obj, header, sizeof(header));
	if (ret)
		return ret;
	length = header[STR_LENGTH / 8];
	state = (uint32_t)header[STR_STATE / 8];
	kind = state >> 2 & 7;
	if (kind != 1 && kind != 2 && kind != 4)
		return -EPROTO;
	if (length > max)
		return -ENOENT;
	data = obj + (state & 1u << 6 ? rd->layout->str_ascii_data : rd->layout->str_compact_data);
	if (!(state & 1u << 5)) /* not compact: the characters stand elsewhere */
		ret = remote_read_u64(rd->pid, obj + rd->layout->str_compact_data, &data);
	chars = malloc(length * kind + 1);
	if (!chars)
		return -ENOMEM;
	if (!ret)
		ret = remote_read(rd->pid, data, chars, length * kind);
	for (uint64_t i = 0; i < length && !ret; i++) {
		uint32_t ch = 0;

		memcpy(&ch, chars + i * kind, kind); /* little endian */
		text_put(out, ch);
	}
	return ret;
}

int py_int_read(const struct py_reader *rd, uint64_t obj, int64_t *out)
{
	uint32_t digits[2] = { 0 };
	uint64_t tag, count;
	bool negative;
	int ret;

	ret = check_type(rd, obj, TPFLAGS_INT);
	if (!ret)
		ret = remote_read_u64(rd->pid, obj + OB_SIZE, &tag);
	if (ret)
		return ret;
	if (rd->layout->features & PY_F_LONG_TAG) {
		count = tag >> 3;
		negative = (tag & 3) == 2;
	} else {
		negative = (int64_t)tag < 0;
		count = negative ? -tag : tag;
	}
	if (count > ARRAY_SIZE(digits))
		return -ERANGE;
	ret = remote_read(rd->pid, obj + INT_DIGITS, digits, count * sizeof(digits[0]));
	if (ret)
		return ret;
	*out = (int64_t)((uint64_t)digits[1] << INT_DIGIT_BITS | digits[0]);
	if (negative)
		*out = -*out;
	return 0;
}

/* The entries of a dict's keys object and, for a split table, its values. */
struct dict_view {
	uint64_t entries, values; /* values: 0 for a combined table */
	uint64_t count;
	size_t entry_size, key_at, value_at;
};

static int keys_view_log2(const struct py_reader *rd, uint64_t keys, struct dict_view *v)
{
	uint8_t log2_bytes, kind;
	int ret;

	ret = remote_read(rd->pid, keys + rd->layout->keys_size, &log2_bytes, 1);
	if (!ret)
		ret = remote_read(rd->pid, keys + rd->layout->keys_kind, &kind, 1);
	if (ret)
		return ret;
	if (log2_bytes > 32 || kind > 2)
		return -EPROTO;
	v->entries = keys + rd->layout->keys_indices + (1ULL << log2_bytes);
	v->entry_size = kind == KEYS_KIND_GENERAL ? 24 : 16;
	v->key_at = kind == KEYS_KIND_GENERAL ? 8 : 0;
	return 0;
}

static int keys_view_size(const struct py_reader *rd, uint64_t keys, struct dict_view *v)
{
	uint64_t size, width;
	int ret = remote_read_u64(rd->pid, keys + rd->layout->keys_size, &size);

	if (ret)
		return ret;
	if (size > 1ULL << 32)
		return -EPROTO;
	width = size <= 0xff ? 1 : size <= 0xffff ? 2 : 4;
	v->entries = keys + rd->layout->keys_indices + size * width;
	v->entry_size = 24;
	v->key_at = 8;
	return 0;
}

static int keys_view(const struct py_reader *rd, uint64_t keys, uint64_t values,
		     struct dict_view *v)
{
	const struct py_layout *l = rd->layout;
	int ret = remote_read_u64(rd->pid, keys + l->keys_nentries, &v->count);

	if (ret)
		return ret;
	if (v->count > DICT_ENTRIES_MAX)
		return -EPROTO;
	v->values = values;
	ret = l->features & PY_F_DICT_LOG2 ? keys_view_log2(rd, keys, v)
					   : keys_view_size(rd, keys, v);
	v->value_at = v->key_at + 8;
	return ret;
}

static int dict_view(const struct py_reader *rd, uint64_t dict, struct dict_view *v)
{
	const struct py_layout *l = rd->layout;
	uint64_t keys, values;
	int ret;

	ret = check_type(rd, dict, TPFLAGS_DICT);
	if (!ret)
		ret = remote_read_u64(rd->pid, dict + l->dict_keys, &keys);
	if (!ret)
		ret = remote_read_u64(rd->pid, dict + l->dict_values, &values);
	if (ret)
		return ret;
	if (values && l->features & PY_F_DICT_VALUES_HDR)
		values += 8;
	return keys_view(rd, keys, values, v);
}

/* Keys that are brought here together, before the first of them is looked at. */
#define KEYS_AHEAD 128

static uint64_t entry_word(const struct dict_view *v, const uint8_t *entries, uint64_t i, size_t at)
{
	uint64_t word;

	memcpy(&word, entries + i * v->entry_size + at, sizeof(word));
	return word;
}

static void keys_ahead(const struct py_reader *rd, const struct dict_view *v,
		       const uint8_t *entries, uint64_t first)
{
	uint64_t addrs[KEYS_AHEAD];
	size_t n = 0;

	for (uint64_t i = first; i < v->count && i < first + KEYS_AHEAD; i++) {
		uint64_t key = entry_word(v, entries, i, v->key_at);

		if (key)
			addrs[n++] = key + STR_LENGTH;
	}
	remote_ahead(rd->pid, addrs, n);
}

/* reads_keys: `fn` looks at each key, whatever it is. */
static int view_each(const struct py_reader *rd, const struct dict_view *v, bool reads_keys,
		     py_entry_fn fn, void *ctx)
{
	_cleanup_free_ uint8_t *entries = NULL;
	_cleanup_free_ uint64_t *values = NULL;
	int ret;

	if (v->count == 0)
		return 0;
	entries = malloc(v->count * v->entry_size);
	values = v->values ? malloc(v->count * sizeof(*values)) : NULL;
	if (!entries || (v->values && !values))
		return -ENOMEM;
	ret = remote_read(rd->pid, v->entries, entries, v->count * v->entry_size);
	if (!ret && v->values)
		ret = remote_read(rd->pid, v->values, values, v->count * sizeof(*values));
	for (uint64_t i = 0; i < v->count && !ret; i++) {
		uint64_t key = entry_word(v, entries, i, v->key_at);
		uint64_t value = values ? values[i] : entry_word(v, entries, i, v->value_at);

		if (reads_keys && i % KEYS_AHEAD == 0)
			keys_ahead(rd, v, entries, i);
		if (key && value)
			ret = fn(ctx, key, value);
	}
	return ret;
}

int py_dict_each(const struct py_reader *rd, uint64_t dict, py_entry_fn fn, void *ctx)
{
	struct dict_view v;
	int ret = dict_view(rd, dict, &v);

	return ret ? ret : view_each(rd, &v, false, fn, ctx);
}

int py_dict_keys_each(const struct py_reader *rd, uint64_t dict, py_entry_fn fn, void *ctx)
{
	struct dict_view v;
	int ret = dict_view(rd, dict, &v);

	return ret ? ret : view_each(rd, &v, true, fn, ctx);
}

struct get {
	const struct py_reader *rd;
	const char *key;
	size_t len;
	uint64_t value;
};

static int get_entry(void *ctx, uint64_t key, uint64_t value)
{
	struct get *g = ctx;
	char name[STR_MAX + 1];
	uint64_t length;

	/* Most keys are told by their length. */
	if (remote_read_u64(g->rd->pid, key + STR_LENGTH, &length) || length != g->len ||
	    py_str_read(g->rd, key, name, sizeof(name)) || !str_eq(name, g->key))
		return 0;
	g->value = value;
	return 1;
}

int py_dict_get(const struct py_reader *rd, uint64_t dict, const char *key, uint64_t *value)
{
	struct get g = { .rd = rd, .key = key, .len = strlen(key) };
	int ret = py_dict_keys_each(rd, dict, get_entry, &g);

	if (ret == 1)
		*value = g.value;
	return ret == 1 ? 0 : ret ? ret : -ENOENT;
}

int py_split_get(const struct py_reader *rd, uint64_t keys, uint64_t values, const char *key,
		 uint64_t *value)
{
	struct get g = { .rd = rd, .key = key, .len = strlen(key) };
	struct dict_view v;
	int ret = keys_view(rd, keys, values, &v);

	if (!ret)
		ret = view_each(rd, &v, true, get_entry, &g);
	if (ret == 1)
		*value = g.value;
	return ret == 1 ? 0 : ret ? ret : -ENOENT;
}

int py_tuple_read(const struct py_reader *rd, uint64_t tuple, uint64_t *items, size_t max,
		  size_t *count)
{
	uint64_t n;
	int ret = check_type(rd, tuple, TPFLAGS_TUPLE);

	if (!ret)
		ret = remote_read_u64(rd->pid, tuple + OB_SIZE, &n);
	if (ret)
		return ret;
	n = MIN(n, (uint64_t)max);
	ret = remote_read(rd->pid, tuple + rd->layout->tuple_items, items, n * sizeof(*items));
	if (!ret)
		*count = n;
	return ret;
}
