// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/proc_read.h"
#include "proc/procfs.h"

#define GONE 0x7fffffff /* beyond the kernel's largest pid */
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(own_stat)
{
	uint64_t start;
	char state;
	pid_t ppid;

	ASSERT_EQ(proc_stat(getpid(), &start, &state, &ppid), 0);
	ASSERT(start > 0);
	ASSERT_EQ(state, 'R');
	ASSERT_EQ(ppid, getppid());
	ASSERT_EQ(proc_stat(getpid(), NULL, NULL, NULL), 0);
	ASSERT_EQ(proc_stat(GONE, NULL, NULL, NULL), -ESRCH);
}

/* A process may name itself so that a careless reader takes part of the name for the fields behind it. */
TEST(stat_of_a_liar)
{
	char state;
	pid_t ppid;

	ASSERT_EQ(prctl(PR_SET_NAME, "x) Z 1 (y"), 0);
	ASSERT_EQ(proc_stat(getpid(), NULL, &state, &ppid), 0);
	ASSERT_EQ(state, 'R');
	ASSERT_EQ(ppid, getppid());
	prctl(PR_SET_NAME, "test");
}

TEST(zombie)
{
	struct proc_facts facts;
	siginfo_t info;
	char state;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	ASSERT_EQ(proc_stat(pid, NULL, &state, NULL), 0);
	ASSERT_EQ(state, 'Z');
	ASSERT_EQ(proc_facts_read(pid, true, &facts), 0);
	ASSERT_EQ(facts.nr_cmdline, 0);
	ASSERT(!facts.exe);
	proc_facts_fini(&facts);
	waitpid(pid, NULL, 0);
	ASSERT_EQ(proc_stat(pid, NULL, &state, NULL), -ESRCH);
}

TEST(own_facts)
{
	struct proc_facts facts;

	ASSERT_EQ(proc_facts_read(getpid(), true, &facts), 0);
	ASSERT_HAS(facts.exe, "test_procfs");
	ASSERT(facts.nr_cmdline >= 1);
	ASSERT_HAS(facts.cmdline[0], "test_procfs");
	proc_facts_fini(&facts);
	ASSERT_EQ(proc_facts_read(GONE, true, &facts), -ESRCH);
}

static void check_id(const char *text, const char *expected)
{
	char *id = proc_container_id(text);

	if (!expected) {
		if (id)
			fprintf(stderr, "%s: found %s\n", text, id), test_failed = 1;
	} else if (!id || strcmp(id, expected)) {
		fprintf(stderr, "%s: found %s\n", text, id ? id : "nothing"), test_failed = 1;
	}
	free(id);
}

TEST(container_ids)
{
	check_id("0::/\n", NULL);
	check_id("0::/user.slice/user-1000.slice/session-2.scope\n", NULL);
	check_id("12:cpu:/docker/" ID "\n0::/\n", ID);
	check_id("0::/system.slice/docker-" ID ".scope\n", ID);
	check_id("0::/system.slice/containerd.service/"
		 "kubepods-burstable-pod1.slice:cri-containerd:" ID "\n",
		 ID);
	check_id("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-" ID ".scope\n", ID);
	check_id("0::/kubepods.slice/crio-" ID ".scope/container\n", ID);
	check_id("0::/machine.slice/libpod-" ID ".scope\n", ID);
	check_id("1:name=systemd:/kubepods/burstable/pod3f1d/" ID "\n", ID);
	/* the innermost one */
	check_id("0::/docker/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff/"
		 "docker/" ID "\n",
		 ID);
	/* not 64 digits, or part of something else */
	check_id("0::/docker/" ID "0\n", NULL);
	check_id("0::/docker/x" ID "\n", NULL);
	check_id("0::/docker/" ID "x\n", NULL);
	check_id("0::/docker/0123456789abcdef\n", NULL);
	check_id(ID, NULL);
	check_id("", NULL);
}

TEST(reading_files)
{
	char *text;
	size_t len;

	ASSERT_EQ(proc_read_file(getpid(), "cmdline", 4, &text, &len), 0);
	ASSERT_EQ(len, 4); /* cut */
	ASSERT_EQ(text[4], 0);
	free(text);
	ASSERT_EQ(proc_read_file(GONE, "maps", 1000, &text, &len), -ESRCH);
	ASSERT_EQ(proc_read_link(GONE, "exe", &text), -ESRCH);
	ASSERT_EQ(proc_read_link(getpid(), "nonsense", &text), -ENOENT);
}
