// SPDX-License-Identifier: GPL-2.0-only
#include "sink/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/trust.h"
#include "base/util.h"
#include "sink/spool_record.h"

/* So many files are as large as all may be: what is dropped at a time. */
#define FILES 8
#define FILES_MAX (4 * FILES)
#define NAME_MAX_ 32

/* A file: the records first ... first + count - 1. */
struct segment {
	uint64_t first, count, bytes;
};

struct spool {
	int dir, taken_fd;
	uint64_t size, bytes;
	struct segment segments[FILES_MAX]; /* the oldest first */
	size_t nr_segments;
	uint64_t next_number;  /* of the record that is put next */
	uint64_t given, taken; /* the first that was not given; that was not delivered */
	uint64_t at;	       /* where that which is given next is, in its file */
	int write_fd;	       /* the last file; -1: there is none */
	int read_fd;	       /* the file of `given`; -1: not open */
	uint64_t read_first;   /* which one that is */
	struct {
		uint64_t number, size;
	} last;				 /* that was given */
	uint64_t dropped, dropped_until; /* how many; none of a higher number */
	struct buf scratch, record;
	bool dirty;
};

static void name_of(char name[NAME_MAX_], uint64_t first)
{
	snprintf(name, NAME_MAX_, "%020" PRIu64 ".alerts", first);
}

static struct segment *last_segment(struct spool *s)
{
	return s->nr_segments ? &s->segments[s->nr_segments - 1] : NULL;
}

static void forget_reader(struct spool *s)
{
	if (s->read_fd >= 0)
		close(s->read_fd);
	s->read_fd = -1;
	s->at = 0;
}

/*
 * Removes the oldest file.  What of it is not delivered is lost, unless whoever was given it
 * delivers it yet.
 */
static void drop_segment(struct spool *s)
{
	struct segment *g = &s->segments[0];
	uint64_t end = g->first + g->count;
	char name[NAME_MAX_];

	name_of(name, g->first);
	unlinkat(s->dir, name, 0);
	if (s->taken < end) {
		s->dropped += end - MAX(s->taken, g->first);
		s->dropped_until = end;
	}
	if (s->given < end) {
		s->given = end;
		forget_reader(s);
	}
	s->bytes -= g->bytes;
	if (s->nr_segments == 1 && s->write_fd >= 0) {
		close(s->write_fd);
		s->write_fd = -1;
	}
	memmove(g, g + 1, --s->nr_segments * sizeof(*g));
}

/* Files of which everything is delivered. */
static void drop_taken(struct spool *s)
{
	while (s->nr_segments && s->segments[0].first + s->segments[0].count <= s->taken &&
	       (s->nr_segments > 1 || s->segments[0].bytes >= s->size / FILES))
		drop_segment(s);
}

/* Counts the records of a file, and finds where the last good one ends. */
static int count_records(int fd, struct segment *g)
{
	struct stat st;
	struct spool_record r;
	uint64_t at = 0;
	char *map;

	if (fstat(fd, &st))
		return -errno;
	map = st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	if (map == MAP_FAILED)
		return -errno;
	while (at < (uint64_t)st.st_size &&
	       !spool_record_read(map + at, (size_t)st.st_size - at, &r) &&
	       r.number == g->first + g->count) {
		at += r.size;
		g->count++;
	}
	if (map)
		munmap(map, (size_t)st.st_size);
	g->bytes = at;
	return (uint64_t)st.st_size == at ? 0 : -ENODATA;
}

static int add_file(struct spool *s, uint64_t first)
{
	struct segment g = { .first = first };
	char name[NAME_MAX_];
	_cleanup_close_ int fd = -1;
	int ret;

	name_of(name, first);
	fd = openat(s->dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	ret = count_records(fd, &g);
	/* What was being written when the process was killed; it was not there yet for anybody. */
	if (ret == -ENODATA && ftruncate(fd, (off_t)g.bytes))
		return -errno;
	if (ret && ret != -ENODATA)
		return ret;
	if (!g.count)
		return unlinkat(s->dir, name, 0) ? -errno : 0;
	s->segments[s->nr_segments++] = g;
	s->bytes += g.bytes;
	s->next_number = g.first + g.count;
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The files that are there, by their names. */
static int find_files(struct spool *s)
{
	uint64_t firsts[FILES_MAX];
	size_t n = 0;
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d)) && n < FILES_MAX) {
		char name[NAME_MAX_];
		uint64_t first;

		if (sscanf(e->d_name, "%20" SCNu64, &first) != 1)
			continue;
		name_of(name, first);
		if (str_eq(name, e->d_name))
			firsts[n++] = first;
	}
	closedir(d);
	qsort(firsts, n, sizeof(*firsts), compare_numbers);
	for (size_t i = 0; i < n && !ret; i++)
		ret = add_file(s, firsts[i]);
	return ret;
}

static void read_taken(struct spool *s)
{
	uint64_t numbers[2];

	/* The other one bears it out. */
	if (pread(s->taken_fd, numbers, sizeof(numbers), 0) == sizeof(numbers) &&
	    numbers[0] == ~numbers[1])
		s->taken = numbers[0];
	if (s->nr_segments)
		s->taken = MAX(s->taken, s->segments[0].first);
	/* Numbers are never used twice, even when all files are gone. */
	s->next_number = MAX(s->next_number, s->taken);
	s->given = s->taken;
}

static int open_folder(struct spool *s, const char *path, struct err *err)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return err_set(err, -errno, "%s", strerror(errno));
	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->dir < 0 || fstat(s->dir, &st))
		return err_set(err, -errno, "%s", strerror(errno));
	if (!trust_owner(st.st_uid) || st.st_mode & 077)
		return err_set(err, -EPERM,
			       "others can look into it (user %u, mode %04o): chmod 700 it",
			       st.st_uid, st.st_mode & 07777);
	if (flock(s->dir, LOCK_EX | LOCK_NB))
		return err_set(err, -EBUSY, "another output or tracer uses it");
	s->taken_fd = openat(s->dir, "taken", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return s->taken_fd < 0 ? err_set(err, -errno, "%s", strerror(errno)) : 0;
}

int spool_open(const char *path, uint64_t size, struct spool **out, struct err *err)
{
	struct spool *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->dir = s->taken_fd = s->write_fd = s->read_fd = -1;
	s->size = size;
	s->next_number = 1;
	ret = open_folder(s, path, err);
	if (!ret) {
		ret = find_files(s);
		if (ret)
			err_set(err, ret, "%s", strerror(-ret));
	}
	if (ret) {
		spool_close(s);
		return err_prefix(err, ret, "spool %s", path);
	}
	read_taken(s);
	drop_taken(s);
	*out = s;
	return 0;
}

void spool_close(struct spool *s)
{
	int fds[] = { s ? s->dir : -1, s ? s->taken_fd : -1, s ? s->write_fd : -1,
		      s ? s->read_fd : -1 };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	if (s) {
		buf_fini(&s->scratch);
		buf_fini(&s->record);
	}
	free(s);
}

/* The file that is written to, a new one if the last is large enough. */
static int writable(struct spool *s)
{
	struct segment *g = last_segment(s);
	bool new = !g || g->bytes >= s->size / FILES;
	char name[NAME_MAX_];

	if (!new && s->write_fd >= 0)
		return 0;
	if (s->write_fd >= 0)
		close(s->write_fd);
	if (new && s->nr_segments == FILES_MAX)
		drop_segment(s);
	name_of(name, new ? s->next_number : g->first);
	s->write_fd = openat(
		s->dir, name,
		O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | (new ? O_CREAT | O_EXCL : 0), 0600);
	if (s->write_fd < 0)
		return -errno;
	if (new)
		s->segments[s->nr_segments++] = (struct segment){ .first = s->next_number };
	return 0;
}

/* All of the buffer, or nothing. */
static int append_bytes(struct spool *s, const struct buf *b)
{
	struct segment *g = last_segment(s);
	ssize_t n;

	do {
		n = write(s->write_fd, b->data, b->len);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)b->len)
		return 0;
	n = n < 0 ? -errno : -ENOSPC;
	if (ftruncate(s->write_fd, (off_t)g->bytes))
		n = -errno;
	return (int)n;
}

/* As many records as one file is to hold, one at the least; how many. */
static size_t gather_records(struct spool *s, const struct text *texts, size_t count)
{
	size_t n = 0, len = 0;

	buf_reset(&s->scratch);
	while (n < count && !s->scratch.failed) {
		spool_record_write(&s->scratch, s->next_number + n, texts[n]);
		if (n && s->scratch.len > s->size / FILES)
			break;
		len = s->scratch.len;
		n++;
	}
	s->scratch.len = len;
	return n;
}

int spool_put(struct spool *s, const struct text *texts, size_t count, struct err *err)
{
	size_t n = gather_records(s, texts, count);
	int ret;

	if (s->scratch.failed)
		return err_set(err, -ENOMEM, "out of memory");
	if (s->scratch.len > s->size) {
		s->dropped++;
		return 1;
	}
	while (s->nr_segments && s->bytes + s->scratch.len > s->size)
		drop_segment(s);
	ret = writable(s);
	if (!ret)
		ret = append_bytes(s, &s->scratch);
	if (ret)
		return err_set(err, ret, "its spool: %s", strerror(-ret));
	last_segment(s)->bytes += s->scratch.len;
	last_segment(s)->count += n;
	s->bytes += s->scratch.len;
	s->next_number += n;
	s->dirty = true;
	return (int)n;
}

/* Opens the file of the record that is given next. */
static int open_reader(struct spool *s)
{
	char name[NAME_MAX_];

	for (size_t i = 0; i < s->nr_segments; i++) {
		const struct segment *g = &s->segments[i];

		if (s->given >= g->first + g->count)
			continue;
		if (s->read_fd >= 0 && s->read_first == g->first)
			return 0;
		forget_reader(s);
		name_of(name, g->first);
		s->read_fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		s->read_first = g->first;
		return s->read_fd < 0 ? -errno : 0;
	}
	return -ENOENT;
}

static int read_record(struct spool *s, struct spool_record *r)
{
	char piece[16 * 1024];
	int ret = -ENODATA;
	ssize_t n;

	buf_reset(&s->record);
	while (ret == -ENODATA) {
		n = pread(s->read_fd, piece, sizeof(piece), (off_t)(s->at + s->record.len));
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		buf_add(&s->record, piece, (size_t)n);
		if (s->record.failed)
			return -ENOMEM;
		ret = spool_record_read(s->record.data, s->record.len, r);
	}
	return ret;
}

int spool_next(struct spool *s, struct text *text, uint64_t *number)
{
	struct spool_record r;
	int ret = s->given < s->next_number ? open_reader(s) : -ENOENT;

	do {
		if (!ret)
			ret = read_record(s, &r);
		if (ret)
			return ret;
		s->at += r.size;
		/* Those that were delivered before. */
	} while (r.number < s->given);
	s->given = r.number + 1;
	s->last.number = r.number;
	s->last.size = r.size;
	*text = r.text;
	*number = r.number;
	return 0;
}

void spool_put_back(struct spool *s)
{
	s->given = s->last.number;
	s->at -= s->last.size;
	s->last.size = 0;
}

void spool_taken(struct spool *s, uint64_t number)
{
	if (number < s->dropped_until && number >= s->taken)
		s->dropped--;
	s->taken = MAX(s->taken, number + 1);
}

void spool_note(struct spool *s)
{
	uint64_t numbers[2] = { s->taken, ~s->taken };

	/* If that fails, alerts are delivered twice, which their ids tell. */
	if (pwrite(s->taken_fd, numbers, sizeof(numbers), 0) != sizeof(numbers))
		log_debug("spool: cannot note what was delivered: %s", strerror(errno));
	drop_taken(s);
}

void spool_sync(struct spool *s)
{
	if (s->dirty && s->write_fd >= 0)
		fdatasync(s->write_fd);
	s->dirty = false;
}

uint64_t spool_left(const struct spool *s)
{
	uint64_t left = 0;

	for (size_t i = 0; i < s->nr_segments; i++) {
		const struct segment *g = &s->segments[i];
		uint64_t end = g->first + g->count, from = MAX(g->first, s->taken);

		left += end > from ? end - from : 0;
	}
	return left;
}

uint64_t spool_dropped(const struct spool *s)
{
	return s->dropped;
}
