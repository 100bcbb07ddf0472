// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-console import`: recorded alerts, in pieces as a sender would post them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "console/console.h"
#include "console/ingest.h"
#include "console/store.h"
#include "console/writer.h"

#define PIECE_LINES 2000
#define PIECE_BYTES ((size_t)8 * 1024 * 1024)

struct import {
	const char *app;
	struct writer *writer;
	struct buf piece;
	size_t lines, read; /* in this piece, and before it */
	size_t stored, duplicates, refused;
};

static int store_piece(struct import *im, struct err *err)
{
	struct ingest in;
	size_t stored = 0;
	int res;

	if (im->piece.failed)
		return err_set(err, -ENOMEM, "out of memory");
	res = ingest_parse((struct text){ im->piece.data ?: "", im->piece.len }, im->app, &in, err);
	if (!res)
		res = writer_add(im->writer, in.records, in.nr_records, NULL, &stored, err);
	if (!res) {
		for (size_t i = 0; i < in.nr_errors && im->refused + i < INGEST_ERRORS_MAX; i++)
			log_warn("line %zu: %s", im->read + in.errors[i].line, in.errors[i].what);
		im->stored += stored;
		im->duplicates += in.nr_records - stored;
		im->refused += in.nr_refused;
		im->read += im->lines;
		im->lines = 0;
		buf_reset(&im->piece);
	}
	ingest_fini(&in);
	return res;
}

static int read_all(struct import *im, FILE *f, struct err *err)
{
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0) {
		int res = 0;

		buf_add(&im->piece, line, n);
		im->lines++;
		if (im->lines >= PIECE_LINES || im->piece.len >= PIECE_BYTES)
			res = store_piece(im, err);
		if (res)
			return res;
	}
	if (ferror(f))
		return err_set(err, -EIO, "the file cannot be read: %s", strerror(errno));
	return store_piece(im, err);
}

int cmd_import(const struct options *o, struct err *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	_cleanup_(writer_stopp) struct writer *writer = NULL;
	_cleanup_fclose_ FILE *f =
		str_eq(o->argument, "-") ? fdopen(0, "r") : fopen(o->argument, "re");
	struct import im = { .app = o->app };
	int res;

	if (!f)
		return err_set(err, -errno == -EINVAL ? -EIO : -errno, "%s cannot be opened: %s",
			       o->argument, strerror(errno));
	res = options_store(o, &store, err);
	if (!res)
		res = writer_start(store, &o->scoring, NULL, &writer, err);
	if (res)
		return res;
	im.writer = writer;
	res = read_all(&im, f, err);
	buf_fini(&im.piece);
	if (res)
		return res;
	log_info("%zu alerts stored, %zu were there already, %zu lines are no alerts", im.stored,
		 im.duplicates, im.refused);
	return im.refused && !im.stored && !im.duplicates
		       ? err_set(err, -EIO, "%s holds no alerts as --format json writes them",
				 o->argument)
		       : 0;
}
