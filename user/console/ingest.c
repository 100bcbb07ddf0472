// SPDX-License-Identifier: GPL-2.0-only
#include "console/ingest.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/util.h"

/* What the decoded texts of a request may take, its records included. */
#define ARENA_MAX (3 * INGEST_PLAIN_MAX)

static int inflate_all(z_stream *z, struct buf *out)
{
	char chunk[32 * 1024];
	int res;

	do {
		z->next_out = (unsigned char *)chunk;
		z->avail_out = sizeof(chunk);
		res = inflate(z, Z_NO_FLUSH);
		if (res != Z_OK && res != Z_STREAM_END)
			return res == Z_MEM_ERROR ? -ENOMEM : -EINVAL;
		if (out->len + sizeof(chunk) - z->avail_out > INGEST_PLAIN_MAX)
			return -E2BIG;
		buf_add(out, chunk, sizeof(chunk) - z->avail_out);
		/* A file may be several streams, one behind the other. */
		if (res == Z_STREAM_END && z->avail_in && inflateReset(z) == Z_OK)
			res = Z_OK;
	} while (res != Z_STREAM_END);
	return out->failed ? -ENOMEM : 0;
}

int ingest_inflate(struct text gzip, struct buf *out)
{
	z_stream z = { .next_in = (unsigned char *)gzip.s, .avail_in = gzip.len };
	int res;

	/* 16: a gzip header, and nothing else. */
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	res = inflate_all(&z, out);
	inflateEnd(&z);
	return res;
}

static int note_error(struct ingest *in, size_t line, const char *what)
{
	struct ingest_error *e = &in->errors[in->nr_errors];
	size_t len = strlen(what);

	in->nr_refused++;
	if (in->nr_errors == INGEST_ERRORS_MAX)
		return 0;
	e->what = arena_alloc(&in->arena, len + 1);
	if (!e->what)
		return -ENOMEM;
	memcpy(e->what, what, len);
	e->line = line;
	in->nr_errors++;
	return 0;
}

static size_t count_lines(struct text body)
{
	size_t n = 1;

	for (const char *p = body.s, *end = body.s + body.len;
	     p < end && (p = memchr(p, '\n', end - p)); p++)
		n++;
	return n;
}

static int read_line(struct ingest *in, struct arena *scratch, struct text line, size_t number,
		     const char *app)
{
	struct err err;
	int res;

	arena_reset(scratch);
	res = record_parse(&in->arena, scratch, line, app, &in->records[in->nr_records], &err);
	if (res == -EINVAL)
		return note_error(in, number, err.msg);
	in->nr_records += !res;
	return res;
}

static struct text trim(struct text line)
{
	while (line.len && (line.s[line.len - 1] == '\r' || line.s[line.len - 1] == ' '))
		line.len--;
	return line;
}

int ingest_parse(struct text body, const char *app, struct ingest *out, struct err *err)
{
	struct arena scratch = { 0 };
	size_t lines = body.len ? count_lines(body) : 0, number = 0;
	int res = 0;

	*out = (struct ingest){ .arena = { .limit = ARENA_MAX } };
	out->records = arena_array(&out->arena, MIN(lines, (size_t)INGEST_ALERTS_MAX),
				   sizeof(*out->records));
	if (!out->records)
		return err_set(err, -ENOMEM, "out of memory");
	while (body.len && !res) {
		const char *end = memchr(body.s, '\n', body.len);
		size_t len = end ? (size_t)(end - body.s) : body.len;
		struct text line = trim((struct text){ body.s, len });

		number++;
		body.s += len + (end != NULL);
		body.len -= len + (end != NULL);
		if (!line.len)
			continue;
		if (out->nr_records < INGEST_ALERTS_MAX)
			res = read_line(out, &scratch, line, number, app);
		else
			res = -E2BIG;
	}
	arena_fini(&scratch);
	if (res == -E2BIG)
		return err_set(err, res, "more than %d alerts in one request: send less at once",
			       INGEST_ALERTS_MAX);
	return res ? err_set(err, res, "out of memory: send less at once") : 0;
}

void ingest_fini(struct ingest *in)
{
	arena_fini(&in->arena);
}
