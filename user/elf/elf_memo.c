// SPDX-License-Identifier: GPL-2.0-only
#include "elf/elf_memo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "elf/elf_store.h"

/* Of one file, bytes.  A target may ask for any address of it: what is too much is forgotten, all of it. */
#define BYTES_MAX (256u * 1024)
#define BUCKETS 256u

struct entry {
	struct entry *next;
	enum elf_memo_kind kind;
	size_t key_len, value_len;
	uint8_t bytes[]; /* the key, and behind it the value */
};

struct elf_memo {
	struct entry *buckets[BUCKETS];
	size_t bytes;
};

static size_t bucket_of(enum elf_memo_kind kind, const uint8_t *key, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ kind; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ key[i]) * 0x100000001b3ULL;
	return (h ^ h >> 32) % BUCKETS;
}

static const struct entry *find_entry(const struct elf_memo *m, size_t bucket,
				      enum elf_memo_kind kind, const void *key, size_t key_len)
{
	const struct entry *e = m->buckets[bucket];

	while (e && (e->kind != kind || e->key_len != key_len || memcmp(e->bytes, key, key_len)))
		e = e->next;
	return e;
}

bool elf_memo_get(const struct elf_file *ef, enum elf_memo_kind kind, const void *key,
		  size_t key_len, void *value, size_t value_len)
{
	const struct elf_memo *m = ef->store->memo;
	const struct entry *e;

	if (!m || key_len > ELF_MEMO_KEY_MAX)
		return false;
	e = find_entry(m, bucket_of(kind, key, key_len), kind, key, key_len);
	if (!e || e->value_len != value_len)
		return false;
	memcpy(value, e->bytes + key_len, value_len);
	return true;
}

static void forget(struct elf_memo *m)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (m->buckets[i]) {
			struct entry *e = m->buckets[i];

			m->buckets[i] = e->next;
			free(e);
		}
	}
	m->bytes = 0;
}

void elf_memo_put(const struct elf_file *ef, enum elf_memo_kind kind, const void *key,
		  size_t key_len, const void *value, size_t value_len)
{
	struct elf_store *st = ef->store;
	size_t size = sizeof(struct entry) + key_len + value_len, bucket;
	struct entry *e;

	if (st->broken || key_len > ELF_MEMO_KEY_MAX || size > BYTES_MAX)
		return;
	if (!st->memo)
		st->memo = calloc(1, sizeof(*st->memo));
	if (!st->memo)
		return;
	bucket = bucket_of(kind, key, key_len);
	if (find_entry(st->memo, bucket, kind, key, key_len))
		return;
	if (st->memo->bytes + size > BYTES_MAX)
		forget(st->memo);
	e = malloc(size);
	if (!e)
		return;
	*e = (struct entry){ .next = st->memo->buckets[bucket],
			     .kind = kind,
			     .key_len = key_len,
			     .value_len = value_len };
	memcpy(e->bytes, key, key_len);
	memcpy(e->bytes + key_len, value, value_len);
	st->memo->buckets[bucket] = e;
	st->memo->bytes += size;
}

void elf_memo_free(struct elf_memo *m)
{
	if (!m)
		return;
	forget(m);
	free(m);
}
