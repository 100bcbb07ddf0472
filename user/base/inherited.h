/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this process was started with and changes for itself: the signal mask, how SIGPIPE and
 * SIGCHLD are handled, resource limits and its priority.  A program that it starts gets them as
 * they were.
 */
#pragma once

#include <stdbool.h>

/* To be called before any of it is changed. */
void inherited_remember(void);
/* In the child, before its exec. 0 or -errno. */
int inherited_restore(void);
/* Has this process have as many descriptors as a tracer of many needs. */
void inherited_raise_descriptors(void);
/*
 * Has this thread, and those that it starts, get a processor sooner than most: threads of targets
 * are held until it has looked at what they import.  Without CAP_SYS_NICE they wait longer where
 * much else runs.
 */
void inherited_raise_priority(void);
/* Has this thread alone get one as the process did at first: nobody is held for its sake. */
void inherited_lower_priority(void);
/* Was the signal ignored, as SIGHUP is under nohup? */
bool inherited_ignores(int sig);
