// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privileges.h"

static int exec_fails(void)
{
	char *const none[] = { NULL };

	execve("/bin/true", none, none);
	return errno == EPERM;
}

static int has_line(const char *wanted)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int found = 0;

	while (f && fgets(line, sizeof(line), f))
		found |= strncmp(line, wanted, strlen(wanted)) == 0;
	if (f)
		fclose(f);
	return found;
}

/* What a child says of itself, once it has given up what it could: by its status. */
static int in_child(int (*test)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(privileges_reduce(NULL) ? 2 : test() ? 0 : 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static int is_reduced(void)
{
	return has_line("NoNewPrivs:\t1") && has_line("Seccomp:\t2") &&
	       has_line("CapInh:\t0000000000000000") && has_line("CapAmb:\t0000000000000000");
}

static int goes_on(void)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), status;
	pid_t pid = fork();

	if (!pid)
		_exit(7);
	return fd >= 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7;
}

static int twice(void)
{
	return !privileges_reduce(NULL) && is_reduced();
}

TEST(no_other_program)
{
	ASSERT_EQ(in_child(exec_fails), 0);
}

TEST(said_by_the_kernel)
{
	ASSERT_EQ(in_child(is_reduced), 0);
}

TEST(all_else_goes_on)
{
	ASSERT_EQ(in_child(goes_on), 0);
}

TEST(once_more_is_no_fault)
{
	ASSERT_EQ(in_child(twice), 0);
}
