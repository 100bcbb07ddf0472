// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>

#include "base/util.h"
#include "py/interp.h"
#include "py/py_identify.h"
#include "../elf/elf_build.h"

static struct elf_build b;
static struct elf_file *ef;
static char path[64];
static struct err err;

static int identify(const char *name, struct py_identity *id)
{
	struct py_image img = { .path = path };

	snprintf(path, sizeof(path), "%s", name);
	eb_dynamic(&b);
	elf_file_close(ef);
	ef = NULL;
	memset(id, 0, sizeof(*id));
	if (elf_file_open_mem(b.data, sizeof(b.data), &ef, &err))
		return -EINVAL;
	img.elf = ef;
	return py_identify_file(&img, id, &err);
}

static void build(void)
{
	eb_init(&b, ET_EXEC);
	eb_symbol(&b, "_PyRuntime", EB_BASE + EB_TABLE, STT_OBJECT, 5);
}

static void put_string(const char *s)
{
	memcpy(b.data + EB_TEXT + 0x100, s, strlen(s) + 1);
}

static void put_debug_offsets(uint64_t version, uint64_t free_threaded)
{
	memcpy(b.data + EB_TABLE, "xdebugpy", 8);
	eb_word(&b, EB_TABLE + 8, version);
	eb_word(&b, EB_TABLE + 16, free_threaded);
}

TEST(version_strings)
{
	static const struct {
		const char *s;
		uint32_t hexversion; /* 0: none */
	} rows[] = {
		{ "3.9.2", 0x030902f0 },
		{ "3.8.18", 0x030812f0 },
		{ "3.10.0rc1", 0x030a00c1 },
		{ "3.15.0a2", 0x030f00a2 },
		{ "3.15.0b1", 0x030f00b1 },
		{ "3.9.2+", 0x030902f0 },
		{ "3.9.2rc1+", 0x030902c1 },
		{ "3.9", 0 },
		{ "3.9.", 0 },
		{ "2.7.18", 0 },
		{ "3.9.2 ", 0 },
		{ "3.9.2.1", 0 },
		{ "3.256.1", 0 },
		{ "3.9.256", 0 },
		{ "3.9.0rc", 0 },
		{ "3.9.0c1", 0 },
		{ "", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t hexversion = 0;

		if (py_version_parse(rows[i].s, &hexversion) != (rows[i].hexversion != 0) ||
		    hexversion != rows[i].hexversion)
			TEST_FAIL("\"%s\" gives %#x", rows[i].s, hexversion);
	}
}

TEST(version_format)
{
	char s[32];

	py_version_format(0x030b02f0, s, sizeof(s));
	ASSERT_STR(s, "3.11.2");
	py_version_format(0x030f00c1, s, sizeof(s));
	ASSERT_STR(s, "3.15.0rc1");
	py_version_format(0x030f00a0, s, sizeof(s));
	ASSERT_STR(s, "3.15.0a0");
	py_version_format(0xffffffff, s, 4); /* cut */
	ASSERT_STR(s, "255");
}

TEST(debug_offsets_tell)
{
	struct py_identity id;

	build();
	put_debug_offsets(0x030e0af0, 0);
	ASSERT_EQ(identify("/usr/bin/python3.14", &id), 0);
	ASSERT_EQ(id.minor, 14);
	ASSERT_EQ(id.hexversion, 0x030e0af0);
	ASSERT_STR(id.version, "3.14.10");
}

TEST(py_version_tells)
{
	uint32_t version = 0x030b02f0;
	struct py_identity id;

	build();
	eb_symbol(&b, "Py_Version", EB_BASE + EB_TEXT + 0x80, STT_OBJECT, 5);
	memcpy(b.data + EB_TEXT + 0x80, &version, 4);
	ASSERT_EQ(identify("/usr/bin/python3.9", &id), 0); /* whatever it is called */
	ASSERT_EQ(id.minor, 11);
	ASSERT_STR(id.version, "3.11.2");
}

TEST(a_string_tells)
{
	struct py_identity id;

	build();
	put_string("3.9.2");
	ASSERT_EQ(identify("/usr/bin/python", &id), 0);
	ASSERT_EQ(id.hexversion, 0x030902f0);
	/* the end of another string */
	build();
	put_string("/opt/python-3.8.18");
	ASSERT_EQ(identify("/opt/app", &id), 0);
	ASSERT_EQ(id.hexversion, 0x030812f0);
	/* of the two, the one of the version that the name has */
	build();
	put_string("3.8.18");
	strcpy((char *)b.data + EB_TEXT + 0x200, "3.9.5");
	ASSERT_EQ(identify("/usr/bin/python3.9", &id), 0);
	ASSERT_EQ(id.hexversion, 0x030905f0);
	/* two and no name */
	ASSERT_EQ(identify("/usr/bin/app", &id), -EOPNOTSUPP);
	/* two of the same minor version: that is known, the rest is not */
	build();
	put_string("3.9.2");
	strcpy((char *)b.data + EB_TEXT + 0x200, "3.9.5");
	ASSERT_EQ(identify("/usr/bin/app", &id), 0);
	ASSERT_EQ(id.minor, 9);
	ASSERT_EQ(id.hexversion, 0);
	ASSERT_STR(id.version, "3.9");
	/* some other software's */
	build();
	put_string("3.40.1");
	ASSERT_EQ(identify("/usr/bin/app", &id), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "cannot be told");
}

TEST(refused_builds)
{
	struct py_identity id;

	build();
	put_debug_offsets(0x030d05f0, 1);
	ASSERT_EQ(identify("/usr/bin/python3.13t", &id), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "free-threaded");
	build();
	put_debug_offsets(0x031000f0, 0);
	ASSERT_EQ(identify("/usr/bin/python3.16", &id), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "3.16");
	build();
	put_debug_offsets(0x040000f0, 0);
	ASSERT_EQ(identify("/usr/bin/python4", &id), -EOPNOTSUPP);
	build();
	put_debug_offsets(0x030f00b2, 0);
	ASSERT_EQ(identify("/usr/bin/python3.15", &id), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "pre-release");
	build();
	put_string("3.7.16");
	ASSERT_EQ(identify("/usr/bin/python3.7", &id), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "3.7");
	build();
	put_string("3.9.2");
	eb_symbol(&b, "_Py_RefTotal", EB_BASE + EB_TABLE + 8, STT_OBJECT, 5);
	ASSERT_EQ(identify("/usr/bin/python3.9d", &id), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "debug build");
}

/* The table of 3.14 with every entry as the layout has it. */
static void put_table(struct py_interp *interp, unsigned int minor)
{
	static const struct {
		uint16_t at, value;
	} rows[] = { { 40, 808 },  { 64, 7272 }, { 72, 7344 }, { 104, 7672 }, { 192, 8 },
		     { 200, 16 },  { 208, 72 },	 { 216, 152 }, { 256, 8 },    { 264, 0 },
		     { 272, 56 },  { 280, 80 },	 { 288, 74 },  { 320, 112 },  { 328, 120 },
		     { 336, 128 }, { 344, 136 }, { 352, 68 },  { 360, 52 },   { 368, 96 },
		     { 376, 104 }, { 384, 208 }, { 424, 24 },  { 440, 168 },  { 456, 32 },
		     { 536, 32 },  { 544, 40 },	 { 640, 40 },  { 712, 24 } };

	build();
	put_debug_offsets(0x030e0af0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		eb_word(&b, EB_TABLE + rows[i].at, rows[i].value);
	eb_dynamic(&b);
	elf_file_close(ef);
	ef = NULL;
	elf_file_open_mem(b.data, sizeof(b.data), &ef, &err);
	*interp = (struct py_interp){
		.path = path, .elf = ef, .minor = minor, .facts = py_version_get(minor)
	};
	interp->runtime_layout = interp->facts->runtime;
	interp->proc.layout = interp->facts->layout;
	interp->proc.load_bias = 0x1000;
	interp->runtime = EB_BASE + EB_TABLE + 0x1000;
}

TEST(debug_offsets_applied)
{
	struct py_interp interp;

	put_table(&interp, 14);
	ASSERT_EQ(py_debug_offsets_apply(&interp, &err), 0);
	ASSERT_EQ(memcmp(&interp.proc.layout, &interp.facts->layout, sizeof(struct py_layout)), 0);
	/* a subsystem of the interpreter state has grown */
	put_table(&interp, 14);
	eb_word(&b, EB_TABLE + 72, 7360);
	eb_word(&b, EB_TABLE + 104, 7688);
	ASSERT_EQ(py_debug_offsets_apply(&interp, &err), 0);
	ASSERT_EQ(interp.runtime_layout.interp_threads, 7360);
	ASSERT_EQ(interp.runtime_layout.interp_sysdict, 7688);
	/* nonsense */
	eb_word(&b, EB_TABLE + 72, 7361);
	ASSERT_EQ(py_debug_offsets_apply(&interp, &err), -EOPNOTSUPP);
	eb_word(&b, EB_TABLE + 72, 1ULL << 40);
	ASSERT_EQ(py_debug_offsets_apply(&interp, &err), -EOPNOTSUPP);
	/* frames of another shape */
	put_table(&interp, 14);
	eb_word(&b, EB_TABLE + 280, 88);
	ASSERT_EQ(py_debug_offsets_apply(&interp, &err), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "another layout");
	elf_file_close(ef);
	ef = NULL;
}
