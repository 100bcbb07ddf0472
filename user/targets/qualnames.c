// SPDX-License-Identifier: GPL-2.0-only
#include "targets/qualnames.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "bpf/abi/hash.h"
#include "py/py_qualname.h"

#define BUCKETS 1024
#define ENTRIES_MAX 16384

struct entry {
	struct hash_link link;
	uint64_t code, check;
	size_t len; /* 0: not found */
	char name[];
};

struct qualnames {
	pthread_mutex_t lock; /* against the thread that adds to it; one does */
	HASH_TABLE(table, BUCKETS);
	size_t count;
};

struct qualnames *qualnames_new(void)
{
	struct qualnames *q = calloc(1, sizeof(*q));

	if (q)
		pthread_mutex_init(&q->lock, NULL);
	return q;
}

static void clear_names(struct qualnames *q)
{
	hash_for_each(struct entry, e, q->table, link)
		free(e);
	memset(q->table, 0, sizeof(q->table));
	q->count = 0;
}

void qualnames_free(struct qualnames *q)
{
	if (!q)
		return;
	clear_names(q);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static uint64_t hash_text(uint64_t h, struct text t)
{
	for (size_t i = 0; i < t.len; i++)
		h = phrude_hash_step(h, (unsigned char)t.s[i]);
	return h;
}

/* What is found, or not, is an entry; NULL: no memory. */
static struct entry *look_up(const struct py_view *view, const struct event *ev, uint64_t check)
{
	_cleanup_free_ char *file = strndup(ev->file.s ?: "", ev->file.len);
	_cleanup_buf_ struct buf name = { 0 };
	struct entry *e;

	if (!file || py_code_qualname(view, ev->head.code, ev->head.self_type, file, &name))
		name.len = 0;
	e = malloc(sizeof(*e) + name.len);
	if (!e)
		return NULL;
	*e = (struct entry){ .code = ev->head.code, .check = check, .len = name.len };
	if (name.len)
		memcpy(e->name, name.data, name.len);
	return e;
}

static bool is_missing(const struct event *ev)
{
	return !ev->qualname.s && ev->head.code && ev->head.callee == CALLEE_PYTHON;
}

static uint64_t hash_of(const struct event *ev)
{
	return ev->head.code >> 4;
}

static uint64_t check_of(const struct event *ev)
{
	return hash_text(hash_text(PHRUDE_HASH_SEED ^ (uint64_t)ev->line, ev->name), ev->file);
}

static struct entry *find_known(struct qualnames *q, const struct event *ev)
{
	uint64_t check = check_of(ev);

	hash_for_each_like(struct entry, e, q->table, hash_of(ev), link) {
		if (e->code == ev->head.code && e->check == check)
			return e;
	}
	return NULL;
}

bool qualnames_fill(struct qualnames *q, struct arena *arena, struct event *ev)
{
	struct entry *e;

	if (!is_missing(ev))
		return true;
	pthread_mutex_lock(&q->lock);
	e = find_known(q, ev);
	/* It may be forgotten at any time. */
	if (e && e->len) {
		char *name = arena_alloc(arena, e->len);

		if (name)
			ev->qualname = (struct text){ memcpy(name, e->name, e->len), e->len };
	}
	pthread_mutex_unlock(&q->lock);
	return e;
}

void qualnames_find(struct qualnames *q, const struct py_view *view, const struct event *ev)
{
	struct entry *e;

	if (!is_missing(ev) || find_known(q, ev))
		return;
	e = look_up(view, ev, check_of(ev));
	if (!e)
		return;
	pthread_mutex_lock(&q->lock);
	if (q->count >= ENTRIES_MAX)
		clear_names(q);
	hash_add(q->table, hash_of(ev), &e->link);
	q->count++;
	pthread_mutex_unlock(&q->lock);
}
