// SPDX-License-Identifier: GPL-2.0-only
#include "elf/elf_memo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"
#include "elf/elf_store.h"

/*
 * Of one file, bytes.  A target may ask for any address of it: what is too much is forgotten, all
 * of it.
 */
#define BYTES_MAX (256u * 1024)
#define BUCKETS 256u

struct entry {
	struct hash_link link;
	enum elf_memo_kind kind;
	size_t key_len, value_len;
	uint8_t bytes[]; /* the key, and behind it the value */
};

struct elf_memo {
	HASH_TABLE(table, BUCKETS);
	size_t bytes;
};

static uint64_t hash_of(enum elf_memo_kind kind, const uint8_t *key, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ kind; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ key[i]) * 0x100000001b3ULL;
	return h ^ h >> 32;
}

static const struct entry *find_entry(const struct elf_memo *m, uint64_t hash,
				      enum elf_memo_kind kind, const void *key, size_t key_len)
{
	hash_for_each_like(const struct entry, e, m->table, hash, link) {
		if (e->kind == kind && e->key_len == key_len && !memcmp(e->bytes, key, key_len))
			return e;
	}
	return NULL;
}

bool elf_memo_get(const struct elf_file *ef, enum elf_memo_kind kind, const void *key,
		  size_t key_len, void *value, size_t value_len)
{
	const struct elf_memo *m = ef->store->memo;
	const struct entry *e;

	if (!m || key_len > ELF_MEMO_KEY_MAX)
		return false;
	e = find_entry(m, hash_of(kind, key, key_len), kind, key, key_len);
	if (!e || e->value_len != value_len)
		return false;
	memcpy(value, e->bytes + key_len, value_len);
	return true;
}

static void forget(struct elf_memo *m)
{
	hash_for_each(struct entry, e, m->table, link)
		free(e);
	memset(m->table, 0, sizeof(m->table));
	m->bytes = 0;
}

void elf_memo_put(const struct elf_file *ef, enum elf_memo_kind kind, const void *key,
		  size_t key_len, const void *value, size_t value_len)
{
	struct elf_store *st = ef->store;
	size_t size = sizeof(struct entry) + key_len + value_len;
	uint64_t hash = hash_of(kind, key, key_len);
	struct entry *e;

	if (st->broken || key_len > ELF_MEMO_KEY_MAX || size > BYTES_MAX)
		return;
	if (!st->memo)
		st->memo = calloc(1, sizeof(*st->memo));
	if (!st->memo)
		return;
	if (find_entry(st->memo, hash, kind, key, key_len))
		return;
	if (st->memo->bytes + size > BYTES_MAX)
		forget(st->memo);
	e = malloc(size);
	if (!e)
		return;
	*e = (struct entry){ .kind = kind, .key_len = key_len, .value_len = value_len };
	memcpy(e->bytes, key, key_len);
	memcpy(e->bytes + key_len, value, value_len);
	hash_add(st->memo->table, hash, &e->link);
	st->memo->bytes += size;
}

void elf_memo_free(struct elf_memo *m)
{
	if (!m)
		return;
	forget(m);
	free(m);
}
