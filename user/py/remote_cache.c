// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look makes thousands of reads of a few bytes, most of them near one another.  Each would be a
 * round trip to the worker, so that a few pages are read at once, and kept as long as the look
 * takes.
 */
#include "py/remote_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/look.h"
#include "base/util.h"
#include "base/worker.h"

#define PAGE 4096u
#define LINE_PAGES 4u
#define LINE (PAGE * LINE_PAGES)
#define WAYS 2u
#define SETS 96u
#define LINES (WAYS * SETS) /* 3 MiB */

struct line {
	uint64_t addr;
	uint64_t look; /* the one that read it */
	pid_t pid;
	unsigned int have, absent; /* pages, as bits: read; not mapped */
	unsigned int asked;	   /* to be read by the next call of the worker */
	uint64_t used;		   /* when: the one that was longer ago makes room */
};

static __thread struct {
	struct line lines[LINES];
	uint64_t used;
	uint8_t *data;
} cache;

static bool is_line(const struct line *l, pid_t pid, uint64_t addr)
{
	return l->addr == addr && l->look == look_current()->id && l->pid == pid;
}

static struct line *line_of(pid_t pid, uint64_t addr, uint8_t **data)
{
	struct line *set = &cache.lines[(addr / LINE * 0x9e3779b97f4a7c15ULL >> 32) % SETS * WAYS];
	struct line *l = set;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (is_line(&set[i], pid, addr)) {
			l = &set[i];
			break;
		}
		if (set[i].used < l->used)
			l = &set[i];
	}
	if (!is_line(l, pid, addr))
		*l = (struct line){ .addr = addr, .look = look_current()->id, .pid = pid };
	l->used = ++cache.used;
	*data = cache.data + (size_t)(l - cache.lines) * LINE;
	return l;
}

/* Has page number `page` of a line, and those beside it if that is no more trouble. */
static int fill_line(struct line *l, uint8_t *data, unsigned int page)
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

static bool is_ready(void)
{
	if (!cache.data)
		cache.data = malloc(LINES * LINE);
	return cache.data;
}

int remote_cache_read(pid_t pid, uint64_t addr, void *buf, size_t len)
{
	if (!is_ready())
		return -ENOMEM;
	while (len) {
		uint64_t inside = addr % LINE;
		unsigned int page = (unsigned int)(inside / PAGE);
		size_t n = MIN(len, PAGE - inside % PAGE);
		uint8_t *data;
		struct line *l = line_of(pid, addr - inside, &data);

		if (!(l->have & 1u << page)) {
			int ret = fill_line(l, data, page);

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

/* Pages that are read by one call. */
#define AHEAD_MAX (WORKER_DATA / PAGE)

struct ahead {
	pid_t pid;
	size_t count;
	uint64_t pages[AHEAD_MAX];
};

static void keep_page(const struct ahead *a, uint64_t addr, const uint8_t *bytes, bool got)
{
	uint64_t inside = addr % LINE;
	uint8_t *data;
	struct line *l = line_of(a->pid, addr - inside, &data);
	unsigned int bit = 1u << inside / PAGE;

	/* Another one has taken its place meanwhile. */
	if (!(l->asked & bit))
		return;
	l->asked &= ~bit;
	if (got)
		memcpy(data + inside, bytes, PAGE);
	*(got ? &l->have : &l->absent) |= bit;
}

static int read_ahead(struct ahead *a)
{
	struct remote_many many;
	int ret = remote_many_uncached(a->pid, a->pages, a->count, PAGE, &many);

	for (size_t i = 0; i < a->count && !ret; i++)
		keep_page(a, a->pages[i], many.data + i * PAGE, many.got[i]);
	a->count = 0;
	return ret;
}

/* Are there any that do not lie in what is here? */
static void ask_ahead(struct ahead *a, uint64_t addr)
{
	uint64_t inside = addr % LINE;
	uint8_t *data;
	struct line *l = line_of(a->pid, addr - inside, &data);
	unsigned int bit = 1u << inside / PAGE;

	if ((l->have | l->absent | l->asked) & bit)
		return;
	l->asked |= bit;
	a->pages[a->count++] = addr - addr % PAGE;
}

void remote_cache_ahead(pid_t pid, const uint64_t *addrs, size_t count)
{
	struct ahead a = { .pid = pid };
	int ret = is_ready() ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !ret; i++) {
		ask_ahead(&a, addrs[i]);
		if (a.count == AHEAD_MAX)
			ret = read_ahead(&a);
	}
	if (!ret && a.count > 1)
		read_ahead(&a);
}
