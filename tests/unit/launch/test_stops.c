// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping a process, a child of this one, for a moment; nobody notices, and nothing waits for one
 * that cannot stop.
 */
#include "test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/stops.h"

static struct stops stops;

static char state_of(pid_t pid)
{
	char path[64], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strrchr(text, ')') ? strrchr(text, ')')[2] : 0;
}

static bool becomes(pid_t pid, char state)
{
	for (int i = 0; i < 2000; i++) {
		if (state_of(pid) == state)
			return true;
		usleep(1000);
	}
	return false;
}

static void quit(int sig)
{
	_exit(40);
}

/* One that sleeps until SIGUSR1 makes it exit with 40. */
static pid_t sleeper(void)
{
	pid_t pid;

	signal(SIGUSR1, quit);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	alarm(30); /* no test waits longer for it */
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(stopped_and_let_go)
{
	pid_t pid = sleeper();

	ASSERT(stops_begin(&stops, pid));
	ASSERT(!stops_begin(&stops, pid)); /* it is being stopped already */
	ASSERT(stops_wait(&stops, pid, 1000));
	ASSERT_EQ(state_of(pid), 't');
	stops_end(&stops, pid);
	ASSERT_EQ(stops.count, 0);
	ASSERT(becomes(pid, 'S'));
	kill(pid, SIGUSR1);
	ASSERT_EQ(status_of(pid), 40);
}

TEST(a_signal_meanwhile)
{
	pid_t pid = sleeper();

	ASSERT(stops_begin(&stops, pid));
	ASSERT(stops_wait(&stops, pid, 1000));
	kill(pid, SIGUSR1);
	ASSERT_EQ(state_of(pid), 't');
	stops_end(&stops, pid);
	ASSERT_EQ(status_of(pid), 40);
}

TEST(stopped_on_its_way_to_a_signal)
{
	pid_t pid = sleeper();
	int status;

	ASSERT_EQ(ptrace(PTRACE_SEIZE, pid, 0, 0), 0);
	kill(pid, SIGUSR1);
	ASSERT_EQ(waitpid(pid, &status, __WALL), pid);
	ASSERT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1);
	ASSERT_EQ(stops_let_go(pid, status), 0);
	ASSERT_EQ(status_of(pid), 40);
}

TEST(one_that_ends)
{
	pid_t pid = sleeper();

	ASSERT(stops_begin(&stops, pid));
	ASSERT(stops_wait(&stops, pid, 1000));
	kill(pid, SIGKILL);
	for (int i = 0; stops.count && i < 2000; i++) {
		usleep(1000);
		stops_collect(&stops);
	}
	ASSERT_EQ(stops.count, 0);
	stops_end(&stops, pid); /* of nobody */
	waitpid(pid, NULL, WNOHANG);
}

TEST(nobody_to_stop)
{
	ASSERT(!stops_begin(&stops, getpid()));
	ASSERT(!stops_wait(&stops, 1, 0));
	ASSERT(!stops_take(&stops, 1, 0));
	ASSERT_EQ(stops.count, 0);
}

/* The parent of a vfork, which cannot stop until the child is gone. */
static pid_t vforker(void)
{
	pid_t pid = fork();

	if (!pid) {
		signal(SIGUSR1, quit);
		if (!vfork()) {
			usleep(300000);
			_exit(0);
		}
		for (;;)
			pause();
	}
	return pid;
}

TEST(one_that_stops_too_late)
{
	pid_t pid = vforker();

	ASSERT(becomes(pid, 'D'));
	ASSERT(stops_begin(&stops, pid));
	ASSERT(!stops_wait(&stops, pid, 20));
	stops_end(&stops, pid);
	ASSERT_EQ(stops.count, 1); /* to be let go */
	for (int i = 0; stops.count && i < 2000; i++) {
		usleep(1000);
		stops_collect(&stops);
	}
	ASSERT_EQ(stops.count, 0);
	ASSERT(becomes(pid, 'S'));
	kill(pid, SIGUSR1);
	ASSERT_EQ(status_of(pid), 40);
}

TEST(as_many_as_there_is_room_for)
{
	pid_t pids[STOPS_MAX + 1];

	for (int i = 0; i <= STOPS_MAX; i++)
		pids[i] = sleeper();
	for (int i = 0; i < STOPS_MAX; i++)
		ASSERT(stops_begin(&stops, pids[i]));
	ASSERT(!stops_begin(&stops, pids[STOPS_MAX]));
	for (int i = 0; i < STOPS_MAX; i++) {
		ASSERT(stops_wait(&stops, pids[i], 2000));
		stops_end(&stops, pids[i]);
	}
	ASSERT_EQ(stops.count, 0);
	for (int i = 0; i <= STOPS_MAX; i++) {
		kill(pids[i], SIGUSR1);
		ASSERT_EQ(status_of(pids[i]), 40);
	}
}
