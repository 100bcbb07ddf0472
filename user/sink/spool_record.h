/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record of a spool: a head with lengths, a number and a checksum, then the alert.  Whoever wrote
 * it may have been killed within it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

#define SPOOL_RECORD_MAX ((size_t)16 * 1024 * 1024)

struct spool_record {
	uint64_t number; /* one more than that of the record before it */
	struct text text;
	size_t size; /* of all of it */
};

void spool_record_write(struct buf *out, uint64_t number, struct text text);
/* 0; -ENODATA: its end is missing; -EBADMSG: it is none.  `out` points into `data`. */
int spool_record_read(const void *data, size_t len, struct spool_record *out);
