// SPDX-License-Identifier: GPL-2.0-only
#include "relay/relay.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/event_fd.h"
#include "base/hash.h"
#include "base/util.h"

#define BUCKETS 256

struct line {
	struct relay_item *first, *last;
};

/* What has to wait for each other: there is one as long as something does. */
struct waiting {
	struct hash_link link;
	pid_t pid;
	size_t unhandled; /* records that its own wait for */
	bool resuming;	  /* stays, as the reader is at it */
	struct line kept;
};

struct relay {
	pthread_mutex_t lock;	      /* of all below */
	HASH_TABLE(waiting, BUCKETS); /* by pid */
	size_t nr_waiting;
	struct line handed; /* to the tracer */
	size_t bytes;	    /* of all records here */
	int take_fd, resume_fd;
};

static void line_put(struct line *l, struct relay_item *item)
{
	item->next = NULL;
	if (l->last)
		l->last->next = item;
	else
		l->first = item;
	l->last = item;
}

static void line_put_first(struct line *l, struct relay_item *item)
{
	item->next = l->first;
	l->first = item;
	if (!l->last)
		l->last = item;
}

static struct relay_item *line_take(struct line *l)
{
	struct relay_item *item = l->first;

	if (!item)
		return NULL;
	l->first = item->next;
	if (!l->first)
		l->last = NULL;
	return item;
}

static void line_fini(struct line *l)
{
	struct relay_item *item;

	while ((item = line_take(l)))
		free(item);
}

int relay_new(struct relay **out, struct err *err)
{
	struct relay *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&r->lock, NULL);
	r->take_fd = event_fd_open(err);
	r->resume_fd = event_fd_open(err);
	if (r->take_fd < 0 || r->resume_fd < 0) {
		int ret = MIN(r->take_fd, r->resume_fd);

		relay_free(r);
		return ret;
	}
	*out = r;
	return 0;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	hash_for_each(struct waiting, w, r->waiting, link) {
		line_fini(&w->kept);
		free(w);
	}
	line_fini(&r->handed);
	if (r->take_fd >= 0)
		close(r->take_fd);
	if (r->resume_fd >= 0)
		close(r->resume_fd);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct waiting *waiting_find(struct relay *r, pid_t pid)
{
	hash_for_each_like(struct waiting, w, r->waiting, (unsigned int)pid, link) {
		if (pid && w->pid == pid)
			return w;
	}
	return NULL;
}

/* NULL: no memory. */
static struct waiting *waiting_get(struct relay *r, pid_t pid)
{
	struct waiting *w = waiting_find(r, pid);

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->pid = pid;
	hash_add(r->waiting, (unsigned int)pid, &w->link);
	r->nr_waiting++;
	return w;
}

static void waiting_drop_if_idle(struct relay *r, struct waiting *w)
{
	if (w->unhandled || w->kept.first || w->resuming)
		return;
	hash_remove(r->waiting, (unsigned int)w->pid, &w->link);
	r->nr_waiting--;
	free(w);
}

static struct relay_item *item_make(struct relay *r, const void *record, size_t size, pid_t of)
{
	struct relay_item *item = malloc(sizeof(*item) + size);

	if (!item)
		return NULL;
	*item = (struct relay_item){ .of = of, .size = size };
	memcpy(item->record, record, size);
	r->bytes += sizeof(*item) + size;
	return item;
}

static void item_free(struct relay *r, struct relay_item *item)
{
	r->bytes -= sizeof(*item) + item->size;
	free(item);
}

static void hand_item(struct relay *r, struct relay_item *item)
{
	line_put(&r->handed, item);
	event_fd_tell(r->take_fd);
}

static int hand_over(struct relay *r, const void *record, size_t size, pid_t of, pid_t after)
{
	struct waiting *w = of ? waiting_get(r, of) : NULL;
	/* What a process that had this id before has left is first. */
	struct waiting *before = w && w->kept.first ? w : waiting_find(r, after);
	bool in_line = before && before->kept.first;
	struct relay_item *item;

	if (of && !w)
		return -ENOMEM;
	item = item_make(r, record, size, of);
	if (!item) {
		if (w)
			waiting_drop_if_idle(r, w);
		return -ENOMEM;
	}
	item->handed = true;
	/* What is in its own line waits for those before it, not they for it. */
	if (w && !(in_line && before == w))
		w->unhandled++;
	if (in_line)
		line_put(&before->kept, item);
	else
		hand_item(r, item);
	return 0;
}

int relay_hand_over(struct relay *r, const void *record, size_t size, pid_t of, pid_t after)
{
	int ret;

	pthread_mutex_lock(&r->lock);
	ret = hand_over(r, record, size, of, after);
	pthread_mutex_unlock(&r->lock);
	return ret;
}

int relay_keep(struct relay *r, const void *record, size_t size, pid_t pid, bool *kept)
{
	struct relay_item *item;
	struct waiting *w;
	int ret = 0;

	pthread_mutex_lock(&r->lock);
	w = r->nr_waiting ? waiting_find(r, pid) : NULL;
	*kept = w;
	if (w) {
		item = item_make(r, record, size, pid);
		if (item)
			line_put(&w->kept, item);
		else
			ret = -ENOMEM;
	}
	pthread_mutex_unlock(&r->lock);
	return ret;
}

int relay_ask(struct relay *r, const void *record, size_t size, pid_t pid)
{
	struct relay_item *question, *itself;
	struct waiting *w;
	int ret = -ENOMEM;

	pthread_mutex_lock(&r->lock);
	w = waiting_get(r, pid);
	question = w ? item_make(r, record, size, pid) : NULL;
	itself = question ? item_make(r, record, size, pid) : NULL;
	if (itself) {
		question->asked = itself->asked = question->handed = true;
		line_put_first(&w->kept, itself);
		w->unhandled++;
		hand_item(r, question);
		ret = 0;
	} else {
		if (question)
			item_free(r, question);
		if (w)
			waiting_drop_if_idle(r, w);
	}
	pthread_mutex_unlock(&r->lock);
	return ret;
}

bool relay_is_full(struct relay *r)
{
	bool full;

	pthread_mutex_lock(&r->lock);
	full = r->bytes >= RELAY_BYTES_MAX;
	pthread_mutex_unlock(&r->lock);
	return full;
}

bool relay_is_empty(struct relay *r)
{
	bool empty;

	pthread_mutex_lock(&r->lock);
	empty = !r->nr_waiting && !r->handed.first;
	pthread_mutex_unlock(&r->lock);
	return empty;
}

int relay_resume_fd(const struct relay *r)
{
	return r->resume_fd;
}

/*
 * Delivers what one process has kept, up to what has to wait.  The lock is given up while `fn`
 * runs.  False: `fn` would not have more.
 */
static bool resume_one(struct relay *r, struct waiting *w, relay_fn fn, void *ctx)
{
	bool taken = true;

	while (taken && w->kept.first && !w->unhandled) {
		struct relay_item *item = line_take(&w->kept);

		if (item->handed) {
			w->unhandled += item->of == w->pid;
			hand_item(r, item);
			continue;
		}
		w->resuming = true;
		pthread_mutex_unlock(&r->lock);
		taken = fn(ctx, item->record, item->size, item->asked);
		pthread_mutex_lock(&r->lock);
		w->resuming = false;
		if (taken)
			item_free(r, item);
		else
			line_put_first(&w->kept, item);
	}
	return taken;
}

bool relay_resume(struct relay *r, relay_fn fn, void *ctx)
{
	bool more = true;

	event_fd_take(r->resume_fd);
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < BUCKETS && r->nr_waiting && more; i++) {
		struct waiting *w = hash_item(r->waiting[i], struct waiting, link), *next;

		/* Others may go meanwhile, but not this one. */
		for (; w && more; w = next) {
			more = resume_one(r, w, fn, ctx);
			next = hash_item(w->link.next, struct waiting, link);
			waiting_drop_if_idle(r, w);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return more;
}

int relay_take_fd(const struct relay *r)
{
	return r->take_fd;
}

struct relay_item *relay_take(struct relay *r)
{
	struct relay_item *item;

	pthread_mutex_lock(&r->lock);
	item = line_take(&r->handed);
	if (!r->handed.first)
		event_fd_take(r->take_fd);
	pthread_mutex_unlock(&r->lock);
	return item;
}

void relay_done(struct relay *r, struct relay_item *item)
{
	struct waiting *w;
	bool was_full;

	pthread_mutex_lock(&r->lock);
	w = waiting_find(r, item->of);
	was_full = r->bytes >= RELAY_BYTES_MAX;
	item_free(r, item);
	if (w) {
		w->unhandled--;
		if (w->kept.first && !w->unhandled)
			event_fd_tell(r->resume_fd);
		waiting_drop_if_idle(r, w);
	}
	if (was_full)
		event_fd_tell(r->resume_fd);
	pthread_mutex_unlock(&r->lock);
}
