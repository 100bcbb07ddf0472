// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_codes_scan.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "base/look.h"
#include "base/util.h"
#include "base/worker.h"

#define OB_TYPE 8
#define CHUNK (256u * 1024)

/* What stands in the area. */
struct scan_call {
	pid_t pid;
	struct py_layout layout;
	uint64_t type_code;
	struct scan_run runs[SCAN_RUNS_MAX];
	size_t nr_runs;
	/* Where to go on: all before that is done. */
	size_t run;
	uint64_t at;
	uint64_t bytes; /* read so far */
	size_t count;
	struct scan_found found[4096];
};
_Static_assert(sizeof(struct scan_call) <= WORKER_AREA, "a scan fits into a worker's area");

static uint64_t word(const uint8_t *object, unsigned int offset)
{
	uint64_t v;

	memcpy(&v, object + offset, sizeof(v));
	return v;
}

void py_codes_words(const struct py_layout *l, const uint8_t *object, unsigned int size,
		    struct scan_found *out)
{
	memcpy(&out->refs, object, sizeof(out->refs));
	out->name = word(object, l->code_name);
	out->file = word(object, l->code_filename);
	out->qualname = l->code_qualname != PY_NO_FIELD ? word(object, l->code_qualname) : 0;
	if (l->code_firsttraceable + sizeof(uint32_t) <= size)
		memcpy(&out->firsttraceable, object + l->code_firsttraceable, sizeof(uint32_t));
}

unsigned int py_code_size(const struct py_layout *l)
{
	return l->code_opcache != PY_NO_FIELD ? l->code_opcache + sizeof(uint32_t)
					      : l->code_adaptive;
}

/* How many of the bytes from `addr` on can be read. */
static size_t read_chunk(pid_t pid, uint64_t addr, void *buf, size_t len)
{
	struct iovec local = { buf, len }, remote = { (void *)(uintptr_t)addr, len };
	ssize_t n;

	do {
		n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? 0 : (size_t)n;
}

/* Notes what is found in a chunk from `c->at` on whose first `len` bytes were read, and goes on behind it.  False: there is no room. */
static bool scan_chunk(struct scan_call *c, const uint8_t *buf, size_t len, size_t step)
{
	unsigned int size = py_code_size(&c->layout);

	for (size_t i = 0; i + 8 <= MIN(len, step); i += 8) {
		struct scan_found *f = &c->found[c->count];

		if (word(buf, (unsigned int)i) != c->type_code)
			continue;
		if (c->count == ARRAY_SIZE(c->found)) {
			c->at += i;
			return false;
		}
		*f = (struct scan_found){ .addr = c->at + i - OB_TYPE };
		/* The beginning of one that begins right before the run, or ends behind it, is for the caller to read. */
		if (i >= OB_TYPE && i - OB_TYPE + size <= len)
			py_codes_words(&c->layout, buf + i - OB_TYPE, size, f);
		if (i < OB_TYPE || i - OB_TYPE + size > len || f->refs)
			c->count++;
	}
	c->at += step;
	return true;
}

/* Each chunk is followed by as much as an object may have, and begins with the word before it. */
static int do_scan(struct worker_call *call)
{
	static uint8_t buf[CHUNK + PY_CODE_SIZE_MAX];
	struct scan_call *c = call->area;

	for (; c->run < c->nr_runs; c->run++, c->at = 0) {
		const struct scan_run *r = &c->runs[c->run];

		c->at = MAX(c->at, r->start);
		while (c->at < r->end) {
			size_t len = MIN(sizeof(buf), r->end - c->at), step = MIN(CHUNK, len);
			size_t n = read_chunk(c->pid, c->at, buf, len);
			uint64_t from = c->at;

			/* What is not there any more is passed over. */
			if (!scan_chunk(c, buf, n, step)) {
				c->bytes += c->at - from;
				return 0;
			}
			c->bytes += MIN(n, step);
		}
	}
	return 0;
}

int py_codes_scan(pid_t pid, const struct py_layout *layout, uint64_t type_code,
		  const struct scan_run *runs, size_t nr_runs, scan_fn fn, void *ctx,
		  uint64_t *bytes)
{
	size_t run = 0;
	uint64_t at = 0;
	int ret = 0;

	*bytes = 0;
	while (run < nr_runs && !ret) {
		struct scan_call *c = worker_area();

		if (!c)
			return -EAGAIN;
		ret = look_read(MAX(at, runs[run].start));
		if (ret)
			return ret;
		c->pid = pid;
		c->layout = *layout;
		c->type_code = type_code;
		memcpy(c->runs, runs, nr_runs * sizeof(*runs));
		c->nr_runs = nr_runs;
		c->run = run;
		c->at = at;
		c->bytes = 0;
		c->count = 0;
		ret = worker_run(do_scan, worker_patience(), -1, NULL);
		if (ret)
			return ret;
		run = c->run;
		at = c->at;
		*bytes += c->bytes;
		look_progress(c->bytes);
		ret = fn(ctx, c->found, c->count);
	}
	return ret;
}
