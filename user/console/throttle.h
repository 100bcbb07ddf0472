/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often somebody may guess: after some failures each further one makes them wait twice as long.
 * Thread-safe; forgets at the end.
 */
#pragma once

#include <stdint.h>

#define THROTTLE_FREE 5	   /* failures that cost nothing */
#define THROTTLE_MAX_S 300 /* the longest wait */

/*
 * Seconds that `who` (a user's name, a client's address) has still to wait; 0: may try.  `now`: see
 * when.h.
 */
unsigned int throttle_wait(const char *who, int64_t now);
void throttle_failed(const char *who, int64_t now);
void throttle_succeeded(const char *who);
