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

/*
 * A process may name itself so that a careless reader takes part of the name for the fields behind
 * it.
 */
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

/* The facts of a shell, started with these arguments. */
static void facts_of(char *const argv[], struct proc_facts *facts)
{
	int in[2], out[2];
	char byte;
	pid_t pid;

	if (pipe(in) || pipe(out))
		abort();
	pid = fork();
	if (!pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execv("/bin/sh", argv);
		_exit(127);
	}
	close(out[1]);
	/* It has been exec'ed once it says so. */
	if (read(out[0], &byte, 1) != 1 || proc_facts_read(pid, true, facts))
		abort();
	close(in[1]);
	waitpid(pid, NULL, 0);
	close(in[0]);
	close(out[0]);
}

#define SCRIPT (char *)"echo; read x"

TEST(a_command_line_that_is_too_long)
{
	static char word[40000];
	char *const argv[] = { (char *)"sh", (char *)"-c", SCRIPT, (char *)"a", word, NULL };
	struct proc_facts facts;
	const char *last;

	memset(word, 'x', sizeof(word) - 1);
	facts_of(argv, &facts);
	ASSERT_EQ(facts.nr_cmdline, 5);
	ASSERT(facts.cmdline_cut);
	ASSERT_STR(facts.cmdline[3], "a");
	last = facts.cmdline[4];
	ASSERT(strlen(last) > 10000 && strlen(last) < 20000);
	ASSERT_STR(last + strlen(last) - strlen("x…"), "x…");
	proc_facts_fini(&facts);
}

TEST(a_command_line_of_too_many_words)
{
	char *argv[3000] = { (char *)"sh", (char *)"-c", SCRIPT };
	struct proc_facts facts;

	for (size_t i = 3; i < 2999; i++)
		argv[i] = (char *)"a";
	facts_of(argv, &facts);
	ASSERT(facts.cmdline_cut);
	ASSERT(facts.nr_cmdline > 100 && facts.nr_cmdline < 2000);
	ASSERT_STR(facts.cmdline[facts.nr_cmdline - 1], "a…");
	ASSERT_STR(facts.cmdline[facts.nr_cmdline - 2], "a");
	proc_facts_fini(&facts);
	argv[5] = NULL;
	facts_of(argv, &facts);
	ASSERT_EQ(facts.nr_cmdline, 5);
	ASSERT(!facts.cmdline_cut);
	ASSERT_STR(facts.cmdline[4], "a");
	proc_facts_fini(&facts);
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

	size_t whole;
	bool cut;

	ASSERT_EQ(proc_read_head(getpid(), "cmdline", 4, &text, &len, &cut), 0);
	ASSERT(cut);
	ASSERT_EQ(len, 4);
	ASSERT_EQ(text[4], 0);
	free(text);
	ASSERT_EQ(proc_read_file(getpid(), "cmdline", 4, &text, &len), -EFBIG);
	ASSERT_EQ(proc_read_file(getpid(), "cmdline", 65536, &text, &whole), 0);
	free(text);
	/* just as long as it may be, and one byte too long */
	ASSERT_EQ(proc_read_head(getpid(), "cmdline", whole, &text, &len, &cut), 0);
	ASSERT(!cut);
	ASSERT_EQ(len, whole);
	free(text);
	ASSERT_EQ(proc_read_file(getpid(), "cmdline", whole - 1, &text, &len), -EFBIG);
	ASSERT_EQ(proc_read_file(GONE, "maps", 1000, &text, &len), -ESRCH);
	ASSERT_EQ(proc_read_link(GONE, "exe", &text), -ESRCH);
	ASSERT_EQ(proc_read_link(getpid(), "nonsense", &text), -ENOENT);
}

static void check_cgroup(const char *text, const char *expected)
{
	char *path = proc_cgroup_path(text);

	ASSERT_STR(path ?: "none", expected);
	free(path);
}

TEST(paths_of_cgroups)
{
	check_cgroup("0::/system.slice/a.service\n", "/system.slice/a.service");
	check_cgroup("0::/\n", "/");
	check_cgroup("12:cpu:/docker/1\n1:name=systemd:/kubepods/a\n0::/\n", "/kubepods/a");
	check_cgroup("1:name=systemd:/a\n0::/b\n", "/a");
	check_cgroup("12:cpu,cpuacct:/a\n", "none");
	check_cgroup("0::/with:colon\n", "/with:colon");
	check_cgroup("0::", "none");
	check_cgroup("::\n:\n0:\n", "none");
	check_cgroup("", "none");
}

TEST(users)
{
	uid_t uid = 12345;

	ASSERT_EQ(proc_uid(getpid(), &uid), 0);
	ASSERT_EQ(uid, geteuid());
	ASSERT_EQ(proc_uid(GONE, &uid), -ESRCH);
}
