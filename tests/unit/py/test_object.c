// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading objects of another process: of this one, in which they are put together for each layout.
 */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "base/util.h"
#include "py/interp.h"
#include "py/py_object.h"
#include "py/remote.h"

static struct py_layout layout;
static struct py_reader rd;

/* Type objects, of which only the flags count. */
static uint64_t int_type[32], str_type[32], dict_type[32];

static uint64_t addr_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void use(unsigned int minor)
{
	py_layout_get(minor, &layout);
	rd = (struct py_reader){ getpid(), &layout };
	int_type[168 / 8] = 1ULL << 24;
	str_type[168 / 8] = 1ULL << 28;
	dict_type[168 / 8] = 1ULL << 29;
}

static uint64_t make_str(const char *s)
{
	static struct {
		_Alignas(8) uint8_t bytes[128];
	} pool[16];
	static size_t used;
	uint8_t *p = pool[used++ % ARRAY_SIZE(pool)].bytes;
	uint64_t header[5] = { 1, addr_of(str_type), strlen(s), 0,
			       1 << 2 | 1 << 5 | 1 << 6 | 1 << 7 };

	memcpy(p, header, sizeof(header));
	memcpy(p + layout.str_ascii_data, s, strlen(s));
	return addr_of(p);
}

TEST(strings)
{
	char buf[16];

	for (unsigned int minor = 8; minor <= 15; minor++) {
		use(minor);
		ASSERT_EQ(py_str_read(&rd, make_str("hexversion"), buf, sizeof(buf)), 0);
		ASSERT_STR(buf, "hexversion");
		ASSERT_EQ(py_str_read(&rd, make_str("longer than that"), buf, sizeof(buf)),
			  -ENOENT);
		ASSERT_EQ(py_str_read(&rd, make_str(""), buf, sizeof(buf)), 0);
		ASSERT_STR(buf, "");
	}
	ASSERT_EQ(py_str_read(&rd, 0, buf, sizeof(buf)), -EPROTO);
	ASSERT_EQ(py_str_read(&rd, 4096 + 1, buf, sizeof(buf)), -EPROTO);
	ASSERT_EQ(py_str_read(&rd, 4096, buf, sizeof(buf)), -EFAULT);
	ASSERT_EQ(py_str_read(&rd, UINT64_MAX - 7, buf, sizeof(buf)), -EFAULT);
}

static int read_int(uint64_t size, uint32_t d0, uint32_t d1, int64_t *out)
{
	struct {
		uint64_t refs, type, size;
		uint32_t digits[2];
	} obj = { 1, addr_of(int_type), size, { d0, d1 } };

	return py_int_read(&rd, addr_of(&obj), out);
}

TEST(ints)
{
	int64_t v = 0;

	use(9); /* the sign of ob_size, which counts digits of 30 bits */
	ASSERT_EQ(read_int(1, 5, 99, &v), 0);
	ASSERT_EQ(v, 5);
	ASSERT_EQ(read_int(0, 5, 99, &v), 0);
	ASSERT_EQ(v, 0);
	ASSERT_EQ(read_int((uint64_t)-2, 3, 1, &v), 0);
	ASSERT_EQ(v, -((1LL << 30) + 3));
	ASSERT_EQ(read_int(3, 1, 1, &v), -ERANGE);
	ASSERT_EQ(read_int((uint64_t)INT64_MIN, 1, 1, &v), -ERANGE);
	use(14); /* lv_tag */
	ASSERT_EQ(read_int(0xc, 5, 99, &v), 0);
	ASSERT_EQ(v, 5);
	ASSERT_EQ(read_int(0x5, 5, 99, &v), 0);
	ASSERT_EQ(v, 0);
	ASSERT_EQ(read_int(0xa, 1, 99, &v), 0);
	ASSERT_EQ(v, -1);
	ASSERT_EQ(read_int(0x10, 0x302f0, 0, &v), 0);
	ASSERT_EQ(v, 0x302f0);
	ASSERT_EQ(read_int(UINT64_MAX, 1, 1, &v), -ERANGE);
	ASSERT_EQ(py_int_read(&rd, make_str("no int"), &v), -EPROTO);
}

/* A dict with one deleted entry, "b" = 11 and "key" = 22, as the layout has it. */
struct made_dict {
	uint64_t dict[6], values[8];
	_Alignas(8) uint8_t keys[512];
};

static void make_dict(struct made_dict *d, unsigned int kind)
{
	const uint64_t names[3] = { make_str("a"), make_str("b"), make_str("key") },
		       values[3] = { 0, 11, 22 };
	bool log2 = layout.features & PY_F_DICT_LOG2;
	size_t entry = log2 && kind ? 16 : 24, at = layout.keys_indices + 8;
	uint64_t count = 3, size = 8;

	memset(d, 0, sizeof(*d));
	d->dict[1] = addr_of(dict_type);
	d->dict[layout.dict_keys / 8] = addr_of(d->keys);
	memcpy(d->keys + layout.keys_nentries, &count, 8);
	if (log2) {
		d->keys[layout.keys_size] = 3;
		d->keys[layout.keys_kind] = (uint8_t)kind;
	} else {
		memcpy(d->keys + layout.keys_size, &size, 8);
	}
	for (size_t i = 0; i < 3; i++) {
		uint8_t *e = d->keys + at + i * entry + (entry == 24 ? 8 : 0);

		memcpy(e, &names[i], 8);
		if (kind != 2)
			memcpy(e + 8, &values[i], 8);
		d->values[i + (layout.features & PY_F_DICT_VALUES_HDR ? 1 : 0)] = values[i];
	}
	if (kind == 2)
		d->dict[layout.dict_values / 8] = addr_of(d->values);
}

TEST(dicts)
{
	struct made_dict d;
	uint64_t v = 0;

	for (unsigned int minor = 8; minor <= 15; minor++) {
		use(minor);
		for (unsigned int kind = 0; kind <= 2; kind++) {
			if (kind == 1 && !(layout.features & PY_F_DICT_LOG2))
				continue;
			make_dict(&d, kind);
			ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "key", &v), 0);
			ASSERT_EQ(v, 22);
			ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "b", &v), 0);
			ASSERT_EQ(v, 11);
			ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "a", &v), -ENOENT);
			ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "ke", &v), -ENOENT);
		}
	}
}

TEST(hostile_dicts)
{
	struct made_dict d;
	uint64_t v, huge = 1ULL << 40;

	for (unsigned int minor = 8; minor <= 15; minor++) {
		use(minor);
		make_dict(&d, 0);
		memcpy(d.keys + layout.keys_nentries, &huge, 8);
		ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "key", &v), -EPROTO);
		make_dict(&d, 0);
		memset(d.keys + layout.keys_size, 0xff, layout.features & PY_F_DICT_LOG2 ? 1 : 8);
		ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "key", &v), -EPROTO);
		make_dict(&d, 0);
		d.dict[layout.dict_keys / 8] = 4096;
		ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "key", &v), -EFAULT);
		make_dict(&d, 0);
		d.dict[1] = addr_of(int_type);
		ASSERT_EQ(py_dict_get(&rd, addr_of(d.dict), "key", &v), -EPROTO);
	}
}

TEST(remote_errors)
{
	uint64_t v;

	ASSERT_EQ(remote_read(getpid(), 0, &v, 0), 0);
	ASSERT_EQ(remote_read_u64(getpid(), 16, &v), -EFAULT);
	ASSERT_EQ(remote_read_u64(0x7fffffff, addr_of(&v), &v), -ESRCH);
}
