/* SPDX-License-Identifier: GPL-2.0-only */
/* From a filter to SQL. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "console/db.h"
#include "console/filter.h"

/* alerts.seq, the place of an alert in time, has so many places a microsecond (see schema.c). */
#define SEQ_A_MICROSECOND 2048
#define QUERY_VALUES_MAX 32

struct query {
	enum db_kind kind;
	struct buf sql;
	struct db_value values[QUERY_VALUES_MAX]; /* they point into the filter */
	size_t nr_values;
};

#define _cleanup_query_ __attribute__((cleanup(query_fini)))

/*
 * "SELECT columns FROM ... WHERE ... ORDER BY seq ... LIMIT limit", for the alerts that the filter
 * lets through, newest first or oldest first; a column is named as "a.rule".
 */
enum query_order { QUERY_NEWEST_FIRST, QUERY_OLDEST_FIRST };
void query_build(struct query *q, enum db_kind kind, const struct filter *f, const char *columns,
		 enum query_order order, unsigned int limit);
/* The newest that have a session. */
void query_build_sessions(struct query *q, enum db_kind kind, const struct filter *f,
			  const char *columns, unsigned int limit);
void query_fini(struct query *q);
