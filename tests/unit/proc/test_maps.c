// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "proc/procfs.h"

static int parse(const char *text, struct proc_maps *maps)
{
	return proc_maps_parse(text, strlen(text), maps);
}

TEST(recorded_lines)
{
	struct proc_maps m;

	ASSERT_EQ(parse("00400000-0041f000 r--p 00000000 fe:00 1234                               "
			"/usr/bin/python3.11\n"
			"0041f000-006d2000 r-xp 0001f000 fe:00 1234                               "
			"/usr/bin/python3.11\n"
			"00c9c000-00cbd000 rw-p 00000000 00:00 0                                  "
			"[heap]\n"
			"7f3e5c000000-7f3e5c021000 rw-s 00000000 00:00 0 \n"
			"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  "
			"[vsyscall]\n",
			&m),
		  0);
	ASSERT_EQ(m.count, 5);
	ASSERT(m.maps[1].start == 0x41f000 && m.maps[1].end == 0x6d2000 &&
	       m.maps[1].offset == 0x1f000);
	ASSERT(m.maps[1].read && !m.maps[1].write && m.maps[1].exec);
	ASSERT(m.maps[1].dev_major == 0xfe && m.maps[1].dev_minor == 0 && m.maps[1].inode == 1234);
	ASSERT_STR(m.maps[1].path, "/usr/bin/python3.11");
	ASSERT(!m.maps[1].deleted);
	ASSERT_STR(m.maps[2].path, "[heap]");
	ASSERT_STR(m.maps[3].path, "");
	ASSERT_EQ(m.maps[4].end, 0xffffffffff601000);
	proc_maps_fini(&m);
	ASSERT_EQ(m.count, 0);
}

TEST(odd_paths)
{
	struct proc_maps m;

	ASSERT_EQ(parse("1000-2000 r-xp 00000000 00:2a 7 /tmp/a b (deleted)\n"
			"2000-3000 r-xp 00000000 00:2a 8 /tmp/two\\012lines\n"
			"3000-4000 r-xp 00000000 00:2a 9 /tmp/back\\slash\\01\n"
			"4000-5000 r-xp 00000000 00:2a 9 /memfd:x (deleted)\n"
			"5000-6000 r-xp 00000000 00:2a 9 (deleted)\n",
			&m),
		  0);
	ASSERT_STR(m.maps[0].path, "/tmp/a b");
	ASSERT(m.maps[0].deleted);
	ASSERT_STR(m.maps[1].path, "/tmp/two\nlines");
	ASSERT_STR(m.maps[2].path, "/tmp/back\\slash\\01");
	ASSERT(m.maps[3].deleted);
	ASSERT_STR(m.maps[4].path, "(deleted)");
	ASSERT(!m.maps[4].deleted);
	proc_maps_fini(&m);
}

TEST(last_line_without_newline)
{
	struct proc_maps m;

	ASSERT_EQ(parse("1000-2000 r-xp 00000000 00:00 0", &m), 0);
	ASSERT_EQ(m.count, 1);
	proc_maps_fini(&m);
	ASSERT_EQ(parse("", &m), 0);
	ASSERT_EQ(m.count, 0);
	proc_maps_fini(&m);
}

TEST(malformed_lines)
{
	static const char *const lines[] = {
		"x",
		"\n",
		"1000",
		"1000-",
		"1000-2000",
		"2000-1000 r-xp 0 00:00 0",
		"1000-1000 r-xp 0 00:00 0",
		"1000-2000 zwxp 0 00:00 0",
		"1000-2000 rwxq 0 00:00 0",
		"1000-2000 r-xp  00:00 0",
		"1000-2000 r-xp 0 0000 0",
		"1000-2000 r-xp 0 00:00 0x",
		"1000-2000 r-xp 0 1ffffffff:00 0",
		"1000-20000000000000000 r-xp 0 00:00 0",
		"1000-2000 r-xp 0 00:00 99999999999999999999",
		"1000-2000 r-xp 0 00:00 0\n1000-2000 r-x",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct proc_maps m;

		if (parse(lines[i], &m) != -EPROTO)
			TEST_FAIL("accepted: %s", lines[i]);
	}
}

TEST(nul_in_a_path)
{
	static const char line[] = "1000-2000 r-xp 0 00:00 0 /a\0b\n";
	struct proc_maps m;

	ASSERT_EQ(proc_maps_parse(line, sizeof(line) - 1, &m), -EPROTO);
}

TEST(own_maps)
{
	struct proc_maps m;
	bool found = false;

	ASSERT_EQ(proc_maps_read(getpid(), &m), 0);
	for (size_t i = 0; i < m.count; i++) {
		uint64_t here = (uint64_t)(uintptr_t)&parse;

		if (here >= m.maps[i].start && here < m.maps[i].end)
			found = m.maps[i].exec && strstr(m.maps[i].path, "test_maps");
	}
	proc_maps_fini(&m);
	ASSERT(found);
	ASSERT_EQ(proc_maps_read(0x7fffffff, &m), -ESRCH);
}
