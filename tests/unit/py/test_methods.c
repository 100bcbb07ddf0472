// SPDX-License-Identifier: GPL-2.0-only
/* Tables of methods in a file, and what they say of addresses that a process has. */
#include "../test.h"

#include <errno.h>

#include "../elf/elf_build.h"
#include "base/util.h"
#include "py/py_methods.h"

#define NAMES 0x200u /* offset, in the first segment */
#define SYSTEM (EB_TEXT + 0x100)
#define GETPID (EB_TEXT + 0x200)

static struct elf_build b;
static uint32_t names;

static uint64_t name_at(const char *name)
{
	uint32_t at = NAMES + names;

	memcpy(b.data + at, name, strlen(name) + 1);
	names += (uint32_t)strlen(name) + 1;
	return b.base + at;
}

/* A pointer in the file's data: through a relocation where the file can be loaded anywhere. */
static void put_pointer(uint64_t offset, uint64_t value)
{
	if (b.base)
		eb_word(&b, offset, value);
	else
		eb_reloc(&b, offset, R_X86_64_RELATIVE, (int64_t)value);
}

static void put_method(uint64_t offset, const char *name, uint64_t meth, uint64_t flags)
{
	put_pointer(offset, name_at(name));
	put_pointer(offset + 8, b.base + meth);
	eb_word(&b, offset + 16, flags);
}

static void init(uint16_t type)
{
	eb_init(&b, type);
	names = 0;
	put_method(EB_TABLE, "system", SYSTEM, 0x82);
	put_method(EB_TABLE + 32, "getpid", GETPID, 0x4);
	put_pointer(EB_TABLE + 0x100, b.base + EB_TEXT + 0x300); /* a slot */
	eb_dynamic(&b);
}

static struct py_claim check(uint64_t addr, const char *name)
{
	_cleanup_(elf_file_closep) struct elf_file *ef = NULL;
	struct py_claim claim = { .addr = addr, .name = name };

	if (elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL) || py_claims_check(ef, &claim, 1))
		claim.addr = UINT64_MAX;
	return claim;
}

TEST(claims)
{
	for (uint16_t type = ET_EXEC; type <= ET_DYN; type++) {
		struct py_claim c;

		init(type);
		c = check(b.base + SYSTEM, "system");
		ASSERT_EQ(c.addr, b.base + SYSTEM);
		ASSERT(c.listed && !c.contradicted);
		c = check(b.base + SYSTEM + 1, "system"); /* in the middle of it */
		ASSERT(!c.listed && c.contradicted && !c.start);
		c = check(b.base + GETPID, "system"); /* another function */
		ASSERT(!c.listed && c.contradicted);
		c = check(b.base + SYSTEM, "syste");
		ASSERT(!c.listed && !c.contradicted);
		c = check(b.base + SYSTEM, "systems");
		ASSERT(!c.listed && !c.contradicted);
		c = check(b.base + EB_TEXT + 0x300, NULL);
		ASSERT(c.listed);
		c = check(b.base + EB_TEXT + 0x301, NULL);
		ASSERT(!c.listed);
		c = check(b.base + EB_DATA, NULL); /* data */
		ASSERT(!c.listed && !c.start);
	}
}

TEST(one_method)
{
	for (uint16_t type = ET_EXEC; type <= ET_DYN; type++) {
		_cleanup_(elf_file_closep) struct elf_file *ef = NULL;
		uint64_t addr;

		init(type);
		ASSERT_EQ(elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL), 0);
		ASSERT_EQ(py_method_in_file(ef, "getpid", &addr), 0);
		ASSERT_EQ(addr, b.base + GETPID);
		ASSERT_EQ(py_method_in_file(ef, "getppid", &addr), -ENOENT);
	}
}

TEST(ambiguous_or_no_method)
{
	_cleanup_(elf_file_closep) struct elf_file *ef = NULL;
	uint64_t addr;

	eb_init(&b, ET_EXEC);
	names = 0;
	put_method(EB_TABLE, "twice", SYSTEM, 0x1);
	put_method(EB_TABLE + 32, "twice", GETPID, 0x1);
	put_method(EB_TABLE + 64, "again", GETPID, 0x1);
	put_method(EB_TABLE + 96, "again", GETPID, 0x2);
	put_method(EB_TABLE + 128, "no flags", SYSTEM, 0);
	put_method(EB_TABLE + 160, "odd flags", SYSTEM, 0x12345);
	put_method(EB_TABLE + 192, "no code", EB_DATA, 0x1);
	eb_dynamic(&b);
	ASSERT_EQ(elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL), 0);
	ASSERT_EQ(py_method_in_file(ef, "twice", &addr), -ENOENT);
	ASSERT_EQ(py_method_in_file(ef, "again", &addr), 0);
	ASSERT_EQ(py_method_in_file(ef, "no flags", &addr), -ENOENT);
	ASSERT_EQ(py_method_in_file(ef, "odd flags", &addr), -ENOENT);
	ASSERT_EQ(py_method_in_file(ef, "no code", &addr), -ENOENT);
}

#define TABLE_OF_TYPE 0x80u /* from EB_TABLE on */
#define STATIC_TYPE 0x200u
#define SLOTS 0x400u
#define SPEC 0x500u
#define DEF 0x600u

/* A module that has a function, and a type that has a method of the same name. */
static void init_module(const char *module)
{
	eb_init(&b, ET_DYN);
	names = 0;
	put_method(EB_TABLE, "first", GETPID, 0x4);
	put_method(EB_TABLE + 32, "bind", SYSTEM, 0x8);
	put_method(EB_TABLE + TABLE_OF_TYPE, "bind", GETPID, 0x1);
	put_pointer(EB_TABLE + DEF + 40, name_at(module));
	put_pointer(EB_TABLE + DEF + 64, EB_TABLE);
}

static int find(const char *module, const char *type, uint64_t *addr)
{
	_cleanup_(elf_file_closep) struct elf_file *ef = NULL;
	struct py_method m = { 0 };
	int ret;

	eb_dynamic(&b);
	ret = elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL);
	if (!ret)
		ret = py_method_of(ef, module, type, "bind", &m);
	*addr = m.addr;
	return ret;
}

TEST(method_of_a_module)
{
	uint64_t addr;

	init_module("decimal");
	ASSERT_EQ(find("_decimal", NULL, &addr), 0);
	ASSERT_EQ(addr, SYSTEM);
	ASSERT_EQ(find("_socket", NULL, &addr), -ENOENT);
	ASSERT_EQ(find("_decimal", "socket", &addr), -ENOENT);
}

TEST(method_of_a_static_type)
{
	uint64_t addr;

	init_module("_socket");
	put_pointer(EB_TABLE + STATIC_TYPE + 24, name_at("_socket.socket"));
	put_pointer(EB_TABLE + STATIC_TYPE + 232, EB_TABLE + TABLE_OF_TYPE);
	ASSERT_EQ(find("_socket", "socket", &addr), 0);
	ASSERT_EQ(addr, GETPID);
	ASSERT_EQ(find("_socket", "sock", &addr), -ENOENT);
}

/* The spec leads to that many bytes behind the beginning of the slots. */
static void init_spec(uint32_t behind)
{
	init_module("_socket");
	eb_word(&b, EB_TABLE + SLOTS, 65); /* Py_tp_new */
	put_pointer(EB_TABLE + SLOTS + 8, EB_TEXT);
	eb_word(&b, EB_TABLE + SLOTS + 16, 64); /* Py_tp_methods */
	put_pointer(EB_TABLE + SLOTS + 24, EB_TABLE + TABLE_OF_TYPE);
	put_pointer(EB_TABLE + SPEC, name_at("_socket.socket"));
	put_pointer(EB_TABLE + SPEC + 24, EB_TABLE + SLOTS + behind);
}

TEST(method_of_a_type_made_from_a_spec)
{
	uint64_t addr;

	init_spec(0);
	ASSERT_EQ(find("_socket", "socket", &addr), 0);
	ASSERT_EQ(addr, GETPID);
	ASSERT_EQ(find("_socket", "sock", &addr), -ENOENT);
	init_spec(8); /* no slot begins there */
	ASSERT_EQ(find("_socket", "socket", &addr), -ENOENT);
}
