// SPDX-License-Identifier: GPL-2.0-only
#include "proc/procfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"
#include "proc/proc_read.h"

/*
 * A program with more mappings than any kernel allows by default (vm.max_map_count is 65530), or
 * that makes their paths as long as it can, is not looked at.
 */
#define MAPS_MAX 140000
#define MAPS_PATHS_MAX (8u << 20)

struct cursor {
	const char *p, *end;
};

static bool take_char(struct cursor *c, char ch)
{
	if (c->p == c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}

static bool take_number(struct cursor *c, unsigned int base, uint64_t *out)
{
	uint64_t v = 0;
	unsigned int digits = 0;

	for (; c->p < c->end; c->p++, digits++) {
		unsigned int d;

		if (*c->p >= '0' && *c->p <= '9')
			d = (unsigned int)(*c->p - '0');
		else if (base == 16 && *c->p >= 'a' && *c->p <= 'f')
			d = (unsigned int)(*c->p - 'a') + 10;
		else
			break;
		if (v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return digits > 0;
}

/* 'x' where the permission is given, '-' where not. */
static bool take_flag(struct cursor *c, char ch, bool *out)
{
	*out = take_char(c, ch);
	return *out || take_char(c, '-');
}

/*
 * The kernel writes a newline in a path as \012 and nothing else (fs/proc/task_mmu.c, seq_path with
 * "\n").
 */
static char *unescape_path(const char *s, size_t len)
{
	char *path = malloc(len + 1), *out = path;

	if (!path)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\\' && len - i >= 4 && !memcmp(s + i, "\\012", 4)) {
			*out++ = '\n';
			i += 3;
			continue;
		}
		*out++ = s[i];
	}
	*out = '\0';
	return path;
}

static int parse_path(struct cursor *c, struct proc_map *map)
{
	static const char suffix[] = " (deleted)";
	size_t len, suffix_len = sizeof(suffix) - 1;

	while (take_char(c, ' '))
		;
	len = (size_t)(c->end - c->p);
	if (memchr(c->p, '\0', len))
		return -EPROTO;
	/*
	 * A file that really has this at the end of its name is taken for deleted: it is then
	 * opened by other means.
	 */
	if (len > suffix_len && *c->p == '/' && !memcmp(c->end - suffix_len, suffix, suffix_len)) {
		map->deleted = true;
		len -= suffix_len;
	}
	map->path = unescape_path(c->p, len);
	return map->path ? 0 : -ENOMEM;
}

/* "55d0c6a4e000-55d0c6a50000 r-xp 00002000 fe:01 1234   /usr/bin/x" */
static int parse_line(const char *line, size_t len, struct proc_map *map)
{
	struct cursor c = { line, line + len };
	uint64_t major, minor;
	bool shared;

	if (!take_number(&c, 16, &map->start) || !take_char(&c, '-') ||
	    !take_number(&c, 16, &map->end) || !take_char(&c, ' ') ||
	    !take_flag(&c, 'r', &map->read) || !take_flag(&c, 'w', &map->write) ||
	    !take_flag(&c, 'x', &map->exec))
		return -EPROTO;
	shared = take_char(&c, 's');
	if ((!shared && !take_char(&c, 'p')) || !take_char(&c, ' ') ||
	    !take_number(&c, 16, &map->offset) || !take_char(&c, ' ') ||
	    !take_number(&c, 16, &major) || !take_char(&c, ':') || !take_number(&c, 16, &minor) ||
	    !take_char(&c, ' ') || !take_number(&c, 10, &map->inode))
		return -EPROTO;
	if (map->start >= map->end || major > UINT32_MAX || minor > UINT32_MAX)
		return -EPROTO;
	if (c.p < c.end && *c.p != ' ')
		return -EPROTO;
	map->dev_major = (unsigned int)major;
	map->dev_minor = (unsigned int)minor;
	return parse_path(&c, map);
}

/* The lines of a maps file, which come in pieces. */
struct lines {
	struct proc_maps maps;
	size_t cap, paths; /* paths: bytes of all of them */
	struct buf rest;   /* the beginning of a line */
};

static int add_line(struct lines *l, const char *text, size_t len)
{
	struct proc_map map = { 0 };
	int ret;

	if (l->maps.count == l->cap) {
		struct proc_map *more;

		l->cap = l->cap ? l->cap * 2 : 64;
		more = reallocarray(l->maps.maps, l->cap, sizeof(*more));
		if (!more)
			return -ENOMEM;
		l->maps.maps = more;
	}
	ret = parse_line(text, len, &map);
	if (ret)
		return ret;
	l->maps.maps[l->maps.count++] = map;
	l->paths += strlen(map.path);
	return l->maps.count > MAPS_MAX || l->paths > MAPS_PATHS_MAX ? -EFBIG : 0;
}

/* reader_fn */
static int add_piece(void *ctx, const char *text, size_t len)
{
	struct lines *l = ctx;
	const char *end = text + len, *eol;
	int ret = 0;

	while (!ret && text < end) {
		eol = memchr(text, '\n', (size_t)(end - text));
		if (!eol || l->rest.len) {
			buf_add(&l->rest, text, (size_t)((eol ? eol : end) - text));
			if (l->rest.failed)
				return -ENOMEM;
			if (eol) {
				ret = add_line(l, l->rest.data, l->rest.len);
				buf_reset(&l->rest);
			}
		} else {
			ret = add_line(l, text, (size_t)(eol - text));
		}
		text = eol ? eol + 1 : end;
	}
	return ret;
}

static int lines_end(struct lines *l, int ret, struct proc_maps *out)
{
	if (!ret && l->rest.len)
		ret = add_line(l, l->rest.data, l->rest.len);
	buf_fini(&l->rest);
	if (ret) {
		proc_maps_fini(&l->maps);
		return ret;
	}
	*out = l->maps;
	return 0;
}

int proc_maps_parse(const char *text, size_t len, struct proc_maps *out)
{
	struct lines l = { 0 };

	return lines_end(&l, add_piece(&l, text, len), out);
}

int proc_maps_read(pid_t pid, struct proc_maps *out)
{
	struct lines l = { 0 };

	return lines_end(&l, proc_read_each(pid, "maps", add_piece, &l), out);
}

void proc_maps_fini(struct proc_maps *maps)
{
	for (size_t i = 0; i < maps->count; i++)
		free(maps->maps[i].path);
	free(maps->maps);
	*maps = (struct proc_maps){ 0 };
}
