/* SPDX-License-Identifier: GPL-2.0-only */
/* Within what counts attackers: rows of the table while they are changed. */
#pragma once

#include "console/attackers.h"

/* So many at once, as each statement takes a server long to be asked. */
#define ATTACKER_ROWS 8

/* An alert that counts. */
struct attack {
	enum score_by by;
	struct text who, addr, app; /* the arena's */
	int64_t time, points;
	enum record_level level;
};

struct attacker {
	const struct attack *attacks; /* of one address or session, in order of time */
	size_t nr;

	int64_t first, last, listed, expires, score, points;
	int64_t levels[NR_RECORD_LEVELS];
	struct score_window window;
	struct buf apps; /* a line each */
	struct buf hits;
};

/*
 * Gets the rows, which are made if they are not there, and are nobody else's until the transaction
 * ends.  They have to come in order.
 */
int attacker_rows_take(struct db *db, struct attacker *rows, size_t nr, struct err *err);
int attacker_rows_write(struct db *db, struct attacker *rows, size_t nr, struct err *err);
