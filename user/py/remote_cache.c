// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look makes thousands of reads of a few bytes, most of them near one another.  Each would be a round trip to
 * the worker, so that a few pages are read at once, and kept as long as the look takes.
 */
#include "py/remote_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/look.h"
#include "base/util.h"

#define PAGE 4096u
#define LINE_PAGES 4u
#define LINE (PAGE * LINE_PAGES)
#define LINES 192u /* 3 MiB */

struct line {
	uint64_t addr;
	uint64_t look; /* the one that read it */
	pid_t pid;
	unsigned int have, absent; /* pages, as bits: read; not mapped */
};

static __thread struct {
	struct line lines[LINES];
	uint8_t *data;
} cache;

static struct line *line_of(pid_t pid, uint64_t addr, uint8_t **data)
{
	size_t i = (addr / LINE * 0x9e3779b97f4a7c15ULL >> 32) % LINES;
	struct line *l = &cache.lines[i];
	uint64_t look = look_current()->id;

	*data = cache.data + i * LINE;
	if (l->addr != addr || l->look != look || l->pid != pid)
		*l = (struct line){ .addr = addr, .look = look, .pid = pid };
	return l;
}

/* Has page number `page` of a line, and those beside it if that is no more trouble. */
static int fill(struct line *l, uint8_t *data, unsigned int page)
{
	int ret = -EFAULT;

	if (!l->have && !l->absent)
		ret = remote_read_uncached(l->pid, l->addr, data, LINE);
	if (!ret) {
		l->have = (1u << LINE_PAGES) - 1;
		return 0;
	}
	if (ret != -EFAULT)
		return ret;
	if (l->absent & 1u << page)
		return -EFAULT;
	ret = remote_read_uncached(l->pid, l->addr + page * PAGE, data + page * PAGE, PAGE);
	if (!ret)
		l->have |= 1u << page;
	else if (ret == -EFAULT)
		l->absent |= 1u << page;
	return ret;
}

int remote_cache_read(pid_t pid, uint64_t addr, void *buf, size_t len)
{
	if (!cache.data)
		cache.data = malloc(LINES * LINE);
	if (!cache.data)
		return -ENOMEM;
	while (len) {
		uint64_t inside = addr % LINE;
		unsigned int page = (unsigned int)(inside / PAGE);
		size_t n = MIN(len, PAGE - inside % PAGE);
		uint8_t *data;
		struct line *l = line_of(pid, addr - inside, &data);

		if (!(l->have & 1u << page)) {
			int ret = fill(l, data, page);

			if (ret)
				return ret;
		}
		memcpy(buf, data + inside, n);
		buf = (uint8_t *)buf + n;
		addr += n;
		len -= n;
	}
	return 0;
}
