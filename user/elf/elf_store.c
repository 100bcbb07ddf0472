// SPDX-License-Identifier: GPL-2.0-only
#include "elf/elf_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/apart.h"
#include "base/clock.h"
#include "base/reader.h"
#include "base/util.h"

/*
 * The file's bytes, read chunk by chunk as they are needed into one reserved range of memory:
 * pointers stay valid, and a program with a hundred large libraries is looked through without
 * reading them whole.
 */
#define STORE_CHUNK 65536ULL
/*
 * Of all files together.  The largest interpreter known has 30 MB, and not all of it is looked at.
 */
#define STORE_CHUNKS_MAX (36u * 1024 * 1024 / STORE_CHUNK)
/*
 * So many files that nobody has open are kept, for so long, with what was worked out of them, and
 * so much of their bytes in all.
 */
#define IDLE_FILES_MAX 64
#define IDLE_CHUNKS_MAX (4u * 1024 * 1024 / STORE_CHUNK)
#define IDLE_SECONDS 30
/*
 * A file that has just been changed may change again without its time of change telling, whose
 * steps are some milliseconds.
 */
#define SETTLED_SECONDS 2

static struct elf_store *stores; /* the one used last comes first */
static size_t nr_idle;
static size_t chunks_held, chunks_idle;
static uint64_t elf_refused;

/* Gives its bytes back. */
static void drop_chunks(struct elf_store *st)
{
	madvise(st->data, st->size, MADV_DONTNEED);
	memset(st->have, 0, st->size / STORE_CHUNK + 1);
	chunks_held -= st->chunks;
	st->chunks = 0;
}

/*
 * Has files that nobody has open hold so many chunks at the most; those go first that have been
 * idle longest.
 */
static void shrink_idle(size_t most)
{
	while (chunks_idle > most) {
		struct elf_store *oldest = NULL;

		for (struct elf_store *st = stores; st; st = st->next) {
			if (!st->refs && st->chunks)
				oldest = st;
		}
		if (!oldest)
			return;
		chunks_idle -= oldest->chunks;
		drop_chunks(oldest);
	}
}

static int store_fill(struct elf_store *st, uint64_t chunk)
{
	uint64_t offset = chunk * STORE_CHUNK;
	uint64_t end = MIN(offset + STORE_CHUNK, st->size);
	bool holds = false;

	if (chunks_held >= STORE_CHUNKS_MAX)
		shrink_idle(0);
	if (chunks_held >= STORE_CHUNKS_MAX) {
		elf_refused++;
		return -EFBIG;
	}
	while (offset < end) {
		bool zeros;
		int64_t n = reader_pread_sparse(st->fd, offset, st->data + offset, end - offset,
						&zeros);

		if (n <= 0)
			return -EIO; /* also a file that has become shorter */
		offset += (uint64_t)n;
		holds |= !zeros;
	}
	st->chunks += holds;
	chunks_held += holds;
	st->have[chunk] = 1;
	return 0;
}

const void *elf_at(const struct elf_file *ef, uint64_t offset, uint64_t len)
{
	struct elf_store *st = ef->store;

	if (offset > st->size || len > st->size - offset)
		return NULL;
	if (st->fd >= 0 && len) {
		for (uint64_t c = offset / STORE_CHUNK; c <= (offset + len - 1) / STORE_CHUNK;
		     c++) {
			if (!st->have[c] && store_fill(st, c)) {
				st->broken = true;
				return NULL;
			}
		}
	}
	return st->data + offset;
}

uint64_t elf_files_too_large(void)
{
	return elf_refused;
}

static void unlist_store(struct elf_store *st)
{
	struct elf_store **at = &stores;

	while (*at && *at != st)
		at = &(*at)->next;
	if (*at)
		*at = st->next;
	st->listed = false;
}

static void store_free(struct elf_store *st)
{
	if (!st)
		return;
	if (st->listed)
		unlist_store(st);
	chunks_held -= st->chunks;
	if (st->fd >= 0) {
		munmap(st->data, st->size);
		close(st->fd);
	}
	elf_memo_free(st->memo);
	free(st->parsed.loads);
	free(st->have);
	free(st);
}
DEFINE_CLEANUP(store_freep, struct elf_store, store_free);

static bool is_version(const struct elf_store *st, const struct elf_version *v)
{
	const struct elf_version *w = &st->version;

	return w->dev == v->dev && w->ino == v->ino && w->size == v->size &&
	       w->modified.tv_sec == v->modified.tv_sec &&
	       w->modified.tv_nsec == v->modified.tv_nsec &&
	       w->changed.tv_sec == v->changed.tv_sec && w->changed.tv_nsec == v->changed.tv_nsec;
}

static struct elf_store *find_version(const struct elf_version *v)
{
	struct elf_store *st = stores;

	while (st && !is_version(st, v))
		st = st->next;
	return st;
}

static int store_new(int fd, const struct elf_version *v, struct elf_store **out)
{
	_cleanup_(store_freep) struct elf_store *st = calloc(1, sizeof(*st));
	void *data;

	if (!st)
		return -ENOMEM;
	st->fd = -1;
	st->refs = 1;
	st->version = *v;
	st->size = (uint64_t)v->size;
	st->have = calloc(st->size / STORE_CHUNK + 1, 1);
	if (!st->have)
		return -ENOMEM;
	data = mmap(NULL, st->size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (data == MAP_FAILED)
		return -errno;
	st->data = data;
	st->fd = file_apart(fd);
	if (st->fd < 0) {
		munmap(data, st->size);
		return st->fd;
	}
	*out = TAKE_PTR(st);
	return 0;
}

int elf_store_get(int fd, const struct stat *sb, struct elf_store **out, bool *fresh)
{
	const struct elf_version v = { .dev = sb->st_dev,
				       .ino = sb->st_ino,
				       .size = sb->st_size,
				       .modified = sb->st_mtim,
				       .changed = sb->st_ctim };
	struct elf_store *st = find_version(&v);

	*fresh = !st;
	if (!st)
		return store_new(fd, &v, out);
	if (!st->refs++) {
		nr_idle--;
		chunks_idle -= st->chunks;
	}
	unlist_store(st);
	elf_store_list(st);
	*out = st;
	return 0;
}

struct elf_store *elf_store_of_memory(const void *data, size_t size)
{
	struct elf_store *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->fd = -1;
	st->refs = 1;
	st->data = (uint8_t *)(uintptr_t)data; /* only ever read when fd is -1 */
	st->size = size;
	return st;
}

void elf_store_list(struct elf_store *st)
{
	if (clock_ns(CLOCK_REALTIME) / NSEC_PER_SEC -
		    MAX(st->version.changed.tv_sec, st->version.modified.tv_sec) <
	    SETTLED_SECONDS)
		return;
	st->next = stores;
	st->listed = true;
	stores = st;
}

/*
 * Lets go of those that have been idle longest, until no more than the most are, and of all that
 * have been for long.
 */
static void collect_unused(void)
{
	time_t oldest = clock_now_ns() / NSEC_PER_SEC - IDLE_SECONDS;
	struct elf_store *next;
	size_t seen = 0;

	for (struct elf_store *st = stores; st; st = next) {
		next = st->next;
		if (st->refs || (++seen <= IDLE_FILES_MAX && st->idle_since > oldest))
			continue;
		nr_idle--;
		chunks_idle -= st->chunks;
		store_free(st);
	}
}

void elf_store_put(struct elf_store *st)
{
	if (--st->refs)
		return;
	if (!st->listed || st->broken) {
		store_free(st);
		return;
	}
	st->idle_since = clock_now_ns() / NSEC_PER_SEC;
	nr_idle++;
	chunks_idle += st->chunks;
	shrink_idle(IDLE_CHUNKS_MAX);
	if (nr_idle > IDLE_FILES_MAX)
		collect_unused();
}

void elf_files_collect(void)
{
	if (nr_idle)
		collect_unused();
}
