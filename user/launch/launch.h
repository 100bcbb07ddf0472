/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting a program so that it can be traced from its first Python call on: it is stopped, with
 * ptrace, at the entry point of each program it execs (the dynamic linker has then mapped its
 * libraries, and nothing of Python has run), until someone has looked whether it is an interpreter.
 * Shells and other programs on the way are followed through their forks and execs, and stopped
 * where an interpreter starts that they have loaded by themselves (launch_starts.h).  Should this
 * process die meanwhile, all of them simply run on: ptrace lets go of them, and the probe on the
 * entry point is gone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/user.h"
#include "launch/stops.h"
#include "kern/kern.h"

struct launch;

/*
 * Asked for each program at its entry point.  True: it is an interpreter and traced from now on; it
 * is let go.  False: it runs on, watched for forks and execs.
 */
typedef bool (*launch_look_fn)(void *ctx, pid_t pid, uint64_t thread_pointer);

/*
 * Starts argv[0] as `user` (NULL: as this process is); both have to stay.  Whether it could be
 * executed is known later.
 */
int launch_start(struct kern *kern, struct stops *stops, char *const argv[],
		 const struct user *user, launch_look_fn look, void *ctx, struct launch **out,
		 struct err *err);
/* Ready to be read once that is known, for launch_step(); -1: it is. */
int launch_result_fd(const struct launch *l);
/* It could not be executed; with a sentence. */
bool launch_failed(const struct launch *l, struct err *err);
/* Handles what the followed processes have reported; to be called on SIGCHLD. */
void launch_step(struct launch *l);
/* Looks again at followed programs, for an interpreter whose start was not seen. */
void launch_look_again(struct launch *l);
/* How many were interpreters whose start was not seen, so that calls may be missing. */
uint64_t launch_late(const struct launch *l);
/*
 * Processes still followed because no interpreter has been seen in them; and whether the first one
 * has ended.
 */
size_t launch_followed(const struct launch *l);
bool launch_ended(const struct launch *l, int *wait_status);
/*
 * Lets go of whatever is still followed. The programs run on. What cannot be stopped to be let go,
 * a parent that waits for the child of a vfork, is left to the end of this process.
 */
void launch_free(struct launch *l);
DEFINE_CLEANUP(launch_freep, struct launch, launch_free);
