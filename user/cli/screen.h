/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole of a terminal for a picture that changes, and back again: by what every terminal knows
 * (ECMA-48).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "base/buf.h"

struct screen {
	int signal_fd; /* signals that end it, stop it, or change its size */
	bool open, has_keys;
	struct termios before;
};

/* Is standard output one? */
bool screen_is_there(void);
/* Takes it; screen_close() is needed in any case.  -errno */
int screen_open(struct screen *s);
/* As it was before. */
void screen_close(struct screen *s);
/* Shows as much of the text as there is room for. */
void screen_show(const struct screen *s, const struct buf *text);

enum screen_event {
	SCREEN_TIME,   /* nothing has happened */
	SCREEN_CHANGE, /* it has another size, or somebody else has written to it */
	SCREEN_END,    /* somebody wants it to end: q, ^C, or a signal */
};
/* Waits for so long. */
enum screen_event screen_wait(struct screen *s, int ms);
