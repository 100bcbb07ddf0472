/* SPDX-License-Identifier: GPL-2.0-only */
/* The signals that this process is told things by, as a descriptor. */
#pragma once

#include <stdbool.h>

/*
 * A signalfd of SIGINT, SIGTERM, SIGUSR1, SIGCHLD, and SIGHUP unless it is ignored; of writes that
 * fail no signal tells any more.  -1 with errno.
 */
int signals_open(void);
/* Has this process's session a terminal? */
bool signals_have_terminal(void);
