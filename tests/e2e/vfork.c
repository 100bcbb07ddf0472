/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that no debugger can stop: the parent of a vfork, until the child ends.  As a library
 * hold() does it, as a program main(): seconds are the argument.
 */
#include <stdlib.h>
#include <unistd.h>

int hold(int seconds);

int hold(int seconds)
{
	pid_t pid = vfork();

	if (!pid) {
		sleep(seconds);
		_exit(0);
	}
	return pid;
}

int main(int argc, char **argv)
{
	return hold(argc > 1 ? atoi(argv[1]) : 25) < 0;
}
