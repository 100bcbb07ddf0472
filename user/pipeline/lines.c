// SPDX-License-Identifier: GPL-2.0-only
#include "pipeline/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "py/linetable.h"

#define BUCKETS 4096
#define BYTES_MAX ((size_t)8 * 1024 * 1024)

struct table {
	struct table *next;
	uint64_t address, signature;
	pid_t pid;
	uint32_t len;
	uint8_t bytes[];
};

struct lines {
	struct table *buckets[BUCKETS];
	size_t bytes;
};

static size_t bucket_of(pid_t pid, uint64_t address)
{
	return ((address >> 4) * 0x9e3779b97f4a7c15ULL ^ (uint64_t)pid * 0x85ebca6b) >> 32 &
	       (BUCKETS - 1);
}

struct lines *lines_new(void)
{
	return calloc(1, sizeof(struct lines));
}

void lines_clear(struct lines *l)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct table *t, *next;

		for (t = l->buckets[i]; t; t = next) {
			next = t->next;
			free(t);
		}
		l->buckets[i] = NULL;
	}
	l->bytes = 0;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	lines_clear(l);
	free(l);
}

static struct table **lines_find(struct lines *l, pid_t pid, uint64_t address)
{
	struct table **p = &l->buckets[bucket_of(pid, address)];

	while (*p && ((*p)->address != address || (*p)->pid != pid))
		p = &(*p)->next;
	return p;
}

int lines_add(struct lines *l, const void *record, size_t size)
{
	struct ev_linetable head;
	struct table *t, **p;

	if (size < sizeof(head))
		return -EPROTO;
	memcpy(&head, record, sizeof(head));
	if (head.len > size - sizeof(head))
		return -EPROTO;
	p = lines_find(l, head.hdr.pid, head.linetable);
	t = *p;
	if (t) { /* the address was used again */
		*p = t->next;
		l->bytes -= sizeof(*t) + t->len;
		free(t);
	}
	if (l->bytes + sizeof(*t) + head.len > BYTES_MAX)
		return -ENOSPC;
	t = malloc(sizeof(*t) + head.len);
	if (!t)
		return -ENOMEM;
	t->address = head.linetable;
	t->signature = head.signature;
	t->pid = head.hdr.pid;
	t->len = head.len;
	memcpy(t->bytes, (const char *)record + sizeof(head), head.len);
	p = &l->buckets[bucket_of(t->pid, t->address)];
	t->next = *p;
	*p = t;
	l->bytes += sizeof(*t) + t->len;
	return 0;
}

int lines_lookup(const struct lines *l, pid_t pid, uint64_t address, uint64_t signature,
		 unsigned int minor, int firstlineno, int32_t lasti)
{
	struct table *t = *lines_find((struct lines *)l, pid, address);

	if (!t || t->signature != signature)
		return -ENOENT;
	return linetable_lookup(minor, t->bytes, t->len, firstlineno, lasti);
}
