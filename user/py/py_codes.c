// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_codes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/look.h"
#include "base/util.h"
#include "proc/procfs.h"
#include "py/interp.h"
#include "py/known_names.h"
#include "py/py_object.h"
#include "py/remote.h"
#include "py/str_ahead.h"

#define OB_TYPE 8
#define PAGE 4096u
#define CHUNK_PAGES 256u
#define MEMORY_MAX (16ULL << 30)
#define TEXT_BYTES_MAX 1024
/* Code objects that are considered together. */
#define CANDIDATES_MAX 2048
/* Names that are looked at: a large program has some ten thousand.  */
#define ASKED_MAX 250000

/* Where to read from: most of what a code object refers to was made with it, and lies beside it. */
struct source {
	const struct py_interp *interp;
	uint64_t start; /* of what is here already */
	size_t len;
	const uint8_t *bytes;
	const struct str_ahead *ahead; /* strings that are here as well; NULL: none */
};

struct finder {
	const struct py_interp *interp;
	struct source source; /* the chunk */
	struct str_ahead ahead;
	size_t candidates
		[CANDIDATES_MAX]; /* of the chunk: where the address of PyCode_Type stands */
	size_t nr_candidates;
	py_code_fn wanted;
	void *ctx;
	struct py_codes *out;
	int pagemap;
	struct known_names known;
	size_t asked;
	uint8_t chunk[CHUNK_PAGES * PAGE];
};

static bool is_inside(const struct source *s, uint64_t addr)
{
	return addr >= s->start && addr - s->start < s->len;
}

static int source_read(const struct source *s, uint64_t addr, void *out, size_t len)
{
	if (addr < s->start || addr - s->start > s->len || len > s->len - (addr - s->start))
		return remote_read(s->interp->pid, addr, out, len);
	memcpy(out, s->bytes + (addr - s->start), len);
	return 0;
}

/* A str as UTF-8; only as much as a rule can name. */
static int read_text(const struct source *source, uint64_t str, struct buf *out)
{
	const struct py_layout *l = &source->interp->proc.layout;
	uint64_t head[5], data = 0;
	uint8_t bytes[4 * TEXT_BYTES_MAX];
	const uint8_t *ahead = source->ahead ? str_ahead_find(source->ahead, str) : NULL;
	const struct source own = { source->interp, str, STR_AHEAD_BYTES, ahead, NULL };
	uint32_t state, kind;
	int ret;

	if (!str || str % 8)
		return -EPROTO;
	if (ahead)
		source = &own;
	ret = source_read(source, str, head, sizeof(head));
	if (ret)
		return ret;
	state = (uint32_t)head[4];
	kind = state >> 2 & 7;
	if ((kind != 1 && kind != 2 && kind != 4) || head[2] > TEXT_BYTES_MAX)
		return -EPROTO;
	data = str + (state & 1u << 6 ? l->str_ascii_data : l->str_compact_data);
	if (!(state & 1u << 5))
		ret = source_read(source, str + l->str_compact_data, &data, sizeof(data));
	if (!ret)
		ret = source_read(source, data, bytes, head[2] * kind);
	for (uint64_t i = 0; i < head[2] && !ret; i++) {
		uint32_t ch = 0;

		memcpy(&ch, bytes + i * kind, kind);
		text_put(out, ch);
	}
	return ret ? ret : out->failed ? -ENOMEM : 0;
}

/* file, qualname 0: whatever it is */
static bool ask_wanted(const struct source *source, uint64_t name, uint64_t file, uint64_t qualname,
		       py_code_fn wanted, void *ctx)
{
	_cleanup_buf_ struct buf name_text = { 0 }, file_text = { 0 }, qualname_text = { 0 };

	if (read_text(source, name, &name_text) || (file && read_text(source, file, &file_text)) ||
	    !name_text.len)
		return false;
	/* One that is longer than what a rule can name may end in it. */
	if (qualname && read_text(source, qualname, &qualname_text))
		qualname = 0;
	return wanted(
		ctx, (struct text){ name_text.data, name_text.len },
		(struct text){ file ? file_text.data ?: "" : NULL, file_text.len },
		(struct text){ qualname ? qualname_text.data ?: "" : NULL, qualname_text.len });
}

void py_codes_each(const struct py_interp *interp, const struct py_codes *codes, py_code_fn fn,
		   void *ctx)
{
	const struct source source = { .interp = interp };

	for (size_t i = 0; i < codes->count; i++)
		ask_wanted(&source, codes->list[i].name, codes->list[i].file,
			   codes->list[i].qualname, fn, ctx);
}

static int is_wanted(struct finder *f, uint64_t name, uint64_t file, bool *wanted)
{
	struct known_name *known;

	if (!name) {
		*wanted = false;
		return 0;
	}
	known = known_names_get(&f->known, name, file);
	if (!known)
		return -ENOMEM;
	if (!known->name && ++f->asked > ASKED_MAX) {
		f->out->cut++;
		*wanted = false;
		return 0;
	}
	if (!known->name) {
		look_progress(PAGE);
		known_names_put(&f->known, known, name, file,
				ask_wanted(&f->source, name, file, 0, f->wanted, f->ctx));
	}
	*wanted = known->wanted;
	return 0;
}

static uint64_t word(const uint8_t *object, unsigned int offset)
{
	uint64_t v;

	memcpy(&v, object + offset, sizeof(v));
	return v;
}

static int add_found(struct finder *f, const struct py_code *code)
{
	struct py_codes *out = f->out;

	if (out->count >= PY_CODES_MAX) {
		out->cut++;
		return 0;
	}
	if (!(out->count & (out->count - 1))) {
		struct py_code *more =
			reallocarray(out->list, out->count ? 2 * out->count : 1, sizeof(*more));

		if (!more)
			return -ENOMEM;
		out->list = more;
	}
	out->list[out->count++] = *code;
	return 0;
}

unsigned int py_code_size(const struct py_layout *l)
{
	return l->code_opcache != PY_NO_FIELD ? l->code_opcache + sizeof(uint32_t)
					      : l->code_adaptive;
}

/* Does the code begin as a function's, armed or not? */
static bool has_entry(const struct finder *f, const uint8_t *object, struct py_code *code)
{
	const struct py_layout *l = &f->interp->proc.layout;
	uint8_t instr[2];
	uint32_t traceable;

	if (l->code_adaptive == PY_NO_FIELD)
		return true;
	memcpy(&traceable, object + l->code_firsttraceable, sizeof(traceable));
	code->entry = code->addr + l->code_adaptive + 2ULL * traceable;
	return traceable <= 1u << 20 &&
	       !source_read(&f->source, code->entry, instr, sizeof(instr)) &&
	       !(instr[1] & l->resume_location_mask) &&
	       (instr[0] == l->resume_hot || instr[0] == l->resume_cold ||
		instr[0] == l->resume_armed);
}

/*
 * Something whose second word is the address of PyCode_Type; `copy`: it, or NULL if it is yet to be
 * read.
 */
static int consider_code(struct finder *f, uint64_t addr, const uint8_t *copy)
{
	const struct py_layout *l = &f->interp->proc.layout;
	struct py_code code = { .addr = addr };
	uint8_t object[PY_CODE_SIZE_MAX];
	unsigned int size = py_code_size(l);
	uint32_t refs;
	bool wanted;
	int ret;

	if (size > sizeof(object))
		return 0;
	if (copy)
		memcpy(object, copy, size);
	else if (remote_read(f->interp->pid, addr, object, size))
		return 0;
	memcpy(&refs, object, sizeof(refs));
	if (!refs)
		return 0;
	f->out->seen++;
	code.name = word(object, l->code_name);
	/* Most names are of no interest, and known not to be. */
	ret = is_wanted(f, code.name, 0, &wanted);
	code.file = word(object, l->code_filename);
	if (!ret && wanted)
		ret = is_wanted(f, code.name, code.file, &wanted);
	if (ret || !wanted)
		return ret;
	if (l->code_qualname != PY_NO_FIELD) {
		code.qualname = word(object, l->code_qualname);
		if (!ask_wanted(&f->source, code.name, code.file, code.qualname, f->wanted, f->ctx))
			return 0;
	}
	return has_entry(f, object, &code) ? add_found(f, &code) : 0;
}

/* Is all of the object that begins before this word in the chunk? */
static bool is_whole(const struct finder *f, size_t word)
{
	return word >= OB_TYPE &&
	       f->source.len - word + OB_TYPE >= py_code_size(&f->interp->proc.layout);
}

/* An object that is alive, all of which is in the chunk; NULL: it is not. */
static const uint8_t *candidate(const struct finder *f, size_t i)
{
	uint32_t refs = 0;

	if (is_whole(f, f->candidates[i]))
		memcpy(&refs, f->chunk + f->candidates[i] - OB_TYPE, sizeof(refs));
	return refs ? f->chunk + f->candidates[i] - OB_TYPE : NULL;
}

/* To be read, if it will be and is not in the chunk; false: there is no more room for it. */
static bool want_text(struct finder *f, uint64_t str)
{
	return f->asked >= ASKED_MAX || !str || str % 8 || is_inside(&f->source, str) ||
	       str_ahead_want(&f->ahead, str);
}

/*
 * Has the names of candidates from `first` on read that are not known.  Where those end for which
 * there is room.
 */
static size_t want_names(struct finder *f, size_t first)
{
	const struct py_layout *l = &f->interp->proc.layout;
	size_t i;

	for (i = first; i < f->nr_candidates; i++) {
		const uint8_t *object = candidate(f, i);
		uint64_t name = object ? word(object, l->code_name) : 0;

		if (name && !known_names_has(&f->known, name, 0) && !want_text(f, name))
			break;
	}
	return i;
}

/* And of those whose names may be wanted the files, and what else they are called. */
static int want_more(struct finder *f, size_t first, size_t end)
{
	const struct py_layout *l = &f->interp->proc.layout;
	bool wanted;
	int ret = 0;

	for (size_t i = first; i < end && !ret && f->asked < ASKED_MAX; i++) {
		const uint8_t *object = candidate(f, i);
		uint64_t name;

		if (!object)
			continue;
		name = word(object, l->code_name);
		ret = is_wanted(f, name, 0, &wanted);
		if (ret || !wanted)
			continue;
		if (!want_text(f, name) || !want_text(f, word(object, l->code_filename)) ||
		    (l->code_qualname != PY_NO_FIELD &&
		     !want_text(f, word(object, l->code_qualname))))
			break;
	}
	return ret;
}

/*
 * As many as there is room for what they are called: first those that are asked for by name are
 * told, and then the rest.
 */
static int consider_some(struct finder *f, size_t first, size_t *end)
{
	int ret;

	str_ahead_reset(&f->ahead);
	*end = want_names(f, first);
	ret = str_ahead_read(&f->ahead, f->interp->pid);
	if (!ret)
		ret = want_more(f, first, *end);
	if (!ret)
		ret = str_ahead_read(&f->ahead, f->interp->pid);
	for (size_t i = first; i < *end && !ret; i++) {
		size_t at = f->candidates[i];

		ret = consider_code(f, f->source.start + at - OB_TYPE,
				    is_whole(f, at) ? f->chunk + at - OB_TYPE : NULL);
	}
	return ret;
}

static int consider_candidates(struct finder *f)
{
	int ret = 0;

	for (size_t i = 0; i < f->nr_candidates && !ret;)
		ret = consider_some(f, i, &i);
	f->nr_candidates = 0;
	return ret;
}

static int search_pages(struct finder *f, uint64_t start, uint64_t end)
{
	uint64_t type = f->interp->proc.type_code;
	size_t len = end - start;
	int ret = 0;

	ret = remote_read(f->interp->pid, start, f->chunk, len);
	if (ret)
		return ret == -ETIMEDOUT || ret == -EAGAIN ? ret : 0; /* unmapped in between */
	f->source = (struct source){ f->interp, start, len, f->chunk, &f->ahead };
	f->out->bytes += len;
	look_progress(len);
	f->nr_candidates = 0;
	for (size_t i = 0; i + 8 <= len && !ret; i += 8) {
		uint64_t v;

		memcpy(&v, f->chunk + i, sizeof(v));
		if (v != type)
			continue;
		f->candidates[f->nr_candidates++] = i;
		if (f->nr_candidates == CANDIDATES_MAX)
			ret = consider_candidates(f);
	}
	return ret ?: consider_candidates(f);
}

/* Reads only what is there: a page that is not would come into being by being read. */
static int search_map(struct finder *f, uint64_t start, uint64_t end)
{
	uint64_t entries[CHUNK_PAGES];
	int ret = 0;

	for (uint64_t at = start; at < end && !ret; at += CHUNK_PAGES * PAGE) {
		size_t pages = MIN((end - at) / PAGE, CHUNK_PAGES), first = 0;
		ssize_t n = pread(f->pagemap, entries, pages * 8, (off_t)(at / PAGE * 8));

		if (n < 0)
			return 0;
		pages = (size_t)n / 8;
		for (size_t i = 0; i <= pages && !ret; i++) {
			/* bit 63: in memory, 62: swapped out */
			if (i < pages && entries[i] >> 62)
				continue;
			if (i > first)
				ret = search_pages(f, at + first * PAGE, at + i * PAGE);
			first = i + 1;
		}
	}
	return ret;
}

/* Objects live in memory of the process's own; static ones in the interpreter's variables. */
static bool may_hold_objects(const struct py_interp *interp, const struct proc_map *map)
{
	if (!map->read || !map->write)
		return false;
	if (map->inode)
		return map->inode == interp->ino;
	return !map->path[0] || str_eq(map->path, "[heap]") || str_starts(map->path, "[anon");
}

static int search_maps(struct finder *f, const struct proc_maps *maps, struct err *err)
{
	uint64_t total = 0;
	int ret = 0;

	for (size_t i = 0; i < maps->count && !ret; i++) {
		if (may_hold_objects(f->interp, &maps->maps[i]))
			ret = search_map(f, maps->maps[i].start, maps->maps[i].end);
		total = f->out->bytes;
		if (total > MEMORY_MAX)
			return err_set(err, -ENOSPC,
				       "process %d uses more than %llu GiB of memory, too much to "
				       "look for "
				       "functions in it",
				       f->interp->pid, MEMORY_MAX >> 30);
	}
	return ret ? err_set(err, ret, "cannot look for functions in process %d: %s",
			     f->interp->pid, strerror(-ret))
		   : 0;
}

int py_codes_find(const struct py_interp *interp, py_code_fn wanted, void *ctx,
		  struct py_codes *out, struct err *err)
{
	_cleanup_free_ struct finder *f = calloc(1, sizeof(*f));
	_cleanup_close_ int pagemap = -1;
	struct proc_maps maps = { 0 };
	char path[64];
	int ret;

	*out = (struct py_codes){ 0 };
	if (!f)
		return err_set(err, -ENOMEM, "out of memory");
	*f = (struct finder){
		.interp = interp, .source.interp = interp, .wanted = wanted, .ctx = ctx, .out = out
	};
	snprintf(path, sizeof(path), "/proc/%d/pagemap", interp->pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return err_set(err, errno == ENOENT ? -ESRCH : -errno, "cannot read %s: %s", path,
			       strerror(errno));
	f->pagemap = pagemap;
	ret = proc_maps_read(interp->pid, &maps);
	if (ret)
		return err_set(err, ret, "cannot read the mappings of process %d: %s", interp->pid,
			       strerror(-ret));
	ret = search_maps(f, &maps, err);
	proc_maps_fini(&maps);
	known_names_fini(&f->known);
	if (ret)
		py_codes_fini(out);
	return ret;
}

void py_codes_fini(struct py_codes *codes)
{
	free(codes->list);
	*codes = (struct py_codes){ 0 };
}
