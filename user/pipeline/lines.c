// SPDX-License-Identifier: GPL-2.0-only
#include "pipeline/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "py/linetable.h"

#define BUCKETS 4096
#define BYTES_MAX ((size_t)8 * 1024 * 1024)

struct table {
	struct hash_link link;
	uint64_t address, signature;
	pid_t pid;
	uint32_t len;
	uint8_t bytes[];
};

struct lines {
	HASH_TABLE(tables, BUCKETS);
	size_t bytes;
};

static uint64_t hash_of(pid_t pid, uint64_t address)
{
	return ((address >> 4) * 0x9e3779b97f4a7c15ULL ^ (uint64_t)pid * 0x85ebca6b) >> 32;
}

struct lines *lines_new(void)
{
	return calloc(1, sizeof(struct lines));
}

void lines_clear(struct lines *l)
{
	hash_for_each(struct table, t, l->tables, link)
		free(t);
	memset(l->tables, 0, sizeof(l->tables));
	l->bytes = 0;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	lines_clear(l);
	free(l);
}

static struct table *find_table(const struct lines *l, pid_t pid, uint64_t address)
{
	hash_for_each_like(struct table, t, l->tables, hash_of(pid, address), link) {
		if (t->address == address && t->pid == pid)
			return t;
	}
	return NULL;
}

int lines_add(struct lines *l, const void *record, size_t size)
{
	struct ev_linetable head;
	uint64_t hash;
	struct table *t;

	if (size < sizeof(head))
		return -EPROTO;
	memcpy(&head, record, sizeof(head));
	if (head.len > size - sizeof(head))
		return -EPROTO;
	hash = hash_of((pid_t)head.hdr.pid, head.linetable);
	t = find_table(l, (pid_t)head.hdr.pid, head.linetable);
	if (t) { /* the address was used again */
		hash_remove(l->tables, hash, &t->link);
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
	hash_add(l->tables, hash, &t->link);
	l->bytes += sizeof(*t) + t->len;
	return 0;
}

int lines_lookup(const struct lines *l, pid_t pid, uint64_t address, uint64_t signature,
		 unsigned int minor, int firstlineno, int32_t lasti)
{
	const struct table *t = find_table(l, pid, address);

	if (!t || t->signature != signature)
		return -ENOENT;
	return linetable_lookup(minor, t->bytes, t->len, firstlineno, lasti);
}
