// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>

#include "bpf/abi/event.h"
#include "bpf/abi/limits.h"
#include "event/program.h"

#define BYTES(s) s, sizeof(s) - 1 /* its last NUL must be in it */

/* Decodes a record in a buffer of just its size, so that a step past its end is noticed. */
static int decode(uint32_t flags, const char *exe, size_t exe_len, const char *cmdline,
		  size_t cmdline_len, struct proc_facts *out)
{
	struct ev_exec ev = { .flags = flags, .exe_len = exe_len, .cmdline_len = cmdline_len };
	size_t size = sizeof(ev) + exe_len + cmdline_len;
	char *record = malloc(size);
	int ret;

	memcpy(record, &ev, sizeof(ev));
	memcpy(record + sizeof(ev), exe, exe_len);
	memcpy(record + sizeof(ev) + exe_len, cmdline, cmdline_len);
	memset(out, 0, sizeof(*out));
	ret = program_decode(record, size, out);
	free(record);
	return ret;
}

TEST(a_program)
{
	struct proc_facts facts;

	ASSERT_EQ(decode(0, BYTES("python3.11\0bin\0usr\0"), BYTES("python3\0\0-c\0\n\x1b\0"),
			 &facts),
		  0);
	ASSERT_STR(facts.exe, "/usr/bin/python3.11");
	ASSERT(!facts.exe_cut && !facts.cmdline_cut);
	ASSERT_EQ(facts.nr_cmdline, 4);
	ASSERT_STR(facts.cmdline[0], "python3");
	ASSERT_STR(facts.cmdline[1], "");
	ASSERT_STR(facts.cmdline[2], "-c");
	ASSERT_STR(facts.cmdline[3], "\n\x1b");
	proc_facts_fini(&facts);
}

TEST(without_words_or_with_an_open_end)
{
	struct proc_facts facts;

	ASSERT_EQ(decode(0, BYTES("a\0"), "", 0, &facts), 0);
	ASSERT_STR(facts.exe, "/a");
	ASSERT_EQ(facts.nr_cmdline, 0);
	ASSERT(!facts.cmdline);
	proc_facts_fini(&facts);
	ASSERT_EQ(decode(EV_EXEC_CMDLINE_CUT, BYTES("a\0"), BYTES("sh\0-c\0exi"), &facts), 0);
	ASSERT(facts.cmdline_cut);
	ASSERT_EQ(facts.nr_cmdline, 3);
	ASSERT_STR(facts.cmdline[2], "exi…");
	proc_facts_fini(&facts);
}

TEST(a_path_that_is_cut_or_leads_nowhere)
{
	struct proc_facts facts;

	ASSERT_EQ(decode(EV_EXEC_EXE_CUT | EV_EXEC_EXE_DELETED, BYTES("c\0b\0"), BYTES("c\0"),
			 &facts),
		  0);
	ASSERT_STR(facts.exe, "…/b/c (deleted)");
	ASSERT(facts.exe_cut);
	proc_facts_fini(&facts);
}

/* What the kernel side does not send. */
TEST(malformed)
{
	static char big[PHRUDE_CMDLINE_MAX + 1];
	struct ev_exec ev = { .exe_len = 2 };
	struct proc_facts facts;

	ASSERT_EQ(decode(0, "", 0, BYTES("sh\0"), &facts), -ENOENT);
	ASSERT_EQ(decode(0, BYTES("open"), BYTES("sh\0"), &facts), -ENOENT);
	ASSERT_EQ(decode(0, big, PHRUDE_EXE_MAX + 1, "", 0, &facts), -EPROTO);
	ASSERT_EQ(decode(0, BYTES("a\0"), big, sizeof(big), &facts), -EPROTO);
	ASSERT_EQ(program_decode(&ev, sizeof(ev), &facts), -EPROTO);
	ASSERT_EQ(program_decode(&ev, sizeof(ev.proc), &facts), -ENOENT);
	/* names without a letter are no harm */
	ASSERT_EQ(decode(0, BYTES("\0\0"), "", 0, &facts), 0);
	ASSERT_STR(facts.exe, "//");
	proc_facts_fini(&facts);
}
