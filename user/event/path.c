// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lib/pathlib: PurePath._parse_path(), _format_parsed_parts(); and of Lib/posixpath.py and
 * Lib/ntpath.py join() and splitroot().  A path keeps its text only once somebody has asked for it.
 * Up to 3.11 it is parsed where it is made, later when its text is wanted.
 */
#include "event/path.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/event.h"

/* A text that is put together; it has room for all that it may be made of. */
struct builder {
	char *s;
	size_t len;
};

/* A path that has been parsed; the text of all of it is in `rel`, or in `items`. */
struct parsed {
	struct text drive, root;
	struct text rel;	   /* to be split at separators ... */
	const struct value *items; /* ... or these instead */
	size_t nr_items;
	bool cut;
};

static void put(struct builder *b, struct text t)
{
	if (t.len)
		memcpy(b->s + b->len, t.s, t.len);
	b->len += t.len;
}

static void put_char(struct builder *b, char c)
{
	b->s[b->len++] = c;
}

static struct text slice(struct text t, size_t from, size_t to)
{
	from = MIN(from, t.len);
	to = MAX(MIN(to, t.len), from);
	return (struct text){ t.s ? t.s + from : NULL, to - from };
}

static struct text rest(struct text t, size_t from)
{
	return slice(t, from, t.len);
}

static bool is_sep(struct text t, size_t at)
{
	return at < t.len && (t.s[at] == '/' || t.s[at] == '\\');
}

/* Where the next separator stands from `at` on; t.len: there is none. */
static size_t find_sep(struct text t, size_t at)
{
	while (at < t.len && !is_sep(t, at))
		at++;
	return at;
}

/* Bytes of the character that t begins with. */
static size_t first_char(struct text t)
{
	size_t pos = 0;

	if (t.len)
		text_next(t.s, t.len, &pos);
	return pos;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

static bool equal_without_case(struct text a, struct text b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (upper(a.s[i]) != upper(b.s[i]))
			return false;
	}
	return true;
}

/* Does t begin with \\?\UNC\ ? */
static bool is_unc_prefix(struct text t)
{
	return t.len >= 8 && is_sep(t, 0) && is_sep(t, 1) && t.s[2] == '?' && is_sep(t, 3) &&
	       equal_without_case(slice(t, 4, 7), TEXT("UNC")) && is_sep(t, 7);
}

/* ntpath.splitroot() */
static void split_windows(struct text t, struct parsed *out)
{
	size_t colon = first_char(t), end;

	*out = (struct parsed){ .rel = t };
	if (is_sep(t, 0) && is_sep(t, 1)) {
		/* \\server\share, \\?\UNC\server\share, \\.\device, \\?\device */
		end = find_sep(t, is_unc_prefix(t) ? 8 : 2);
		if (end < t.len)
			end = find_sep(t, end + 1);
		out->drive = slice(t, 0, end);
		out->root = slice(t, end, end + 1);
		out->rel = rest(t, end + 1);
	} else if (is_sep(t, 0)) {
		out->root = slice(t, 0, 1);
		out->rel = rest(t, 1);
	} else if (colon < t.len && t.s[colon] == ':') {
		out->drive = slice(t, 0, colon + 1);
		out->root =
			is_sep(t, colon + 1) ? slice(t, colon + 1, colon + 2) : (struct text){ 0 };
		out->rel = rest(t, colon + 1 + out->root.len);
	}
}

/* posixpath.splitroot() */
static void split_posix(struct text t, struct parsed *out)
{
	size_t root = 0;

	if (t.len && t.s[0] == '/')
		root = t.len > 1 && t.s[1] == '/' && !(t.len > 2 && t.s[2] == '/') ? 2 : 1;
	*out = (struct parsed){ .root = slice(t, 0, root), .rel = rest(t, root) };
}

/*
 * posixpath.join().  Behind something that was cut nothing is known until another one begins anew.
 */
static void join_posix(struct builder *b, const struct value *items, size_t n, bool *cut)
{
	for (size_t i = 0; i < n; i++) {
		struct text t = items[i].text;
		bool absolute = t.len && t.s[0] == '/';

		if (absolute) {
			b->len = 0;
			*cut = false;
		}
		if (*cut)
			continue;
		if (i && !absolute && b->len && b->s[b->len - 1] != '/')
			put_char(b, '/');
		put(b, t);
		*cut = items[i].cut;
	}
}

/* ntpath.join(), into `b`; b_path: memory for the part behind drive and root. */
static void join_windows(struct builder *b, struct builder *path, const struct value *items,
			 size_t n)
{
	struct parsed first, next;

	split_windows(items[0].text, &first);
	put(path, first.rel);
	for (size_t i = 1; i < n; i++) {
		split_windows(items[i].text, &next);
		if (next.root.len) {
			if (next.drive.len || !first.drive.len)
				first.drive = next.drive;
			first.root = next.root;
			path->len = 0;
		} else if (next.drive.len && !text_eq(next.drive, first.drive)) {
			if (!equal_without_case(next.drive, first.drive)) {
				first.root = next.root;
				path->len = 0;
			}
			first.drive = next.drive;
		}
		if (path->len && !is_sep((struct text){ path->s, path->len }, path->len - 1))
			put_char(path, '\\');
		put(path, next.rel);
	}
	put(b, first.drive);
	put(b, first.root);
	/* Between \\server\share and what is relative to it. */
	if (path->len && !first.root.len && first.drive.len &&
	    first.drive.s[first.drive.len - 1] != ':' && !is_sep(first.drive, first.drive.len - 1))
		put_char(b, '\\');
	put(b, (struct text){ path->s, path->len });
}

/* A share has a root even if none was written: \\server\share, \\?\UNC\server\share. */
static bool has_share(struct text drive)
{
	size_t parts = 1, second = 0, third = 0;

	if (!is_sep(drive, 0) || is_sep(drive, drive.len - 1))
		return false;
	for (size_t i = 0; i < drive.len; i++) {
		if (!is_sep(drive, i))
			continue;
		parts++;
		if (parts == 3)
			second = i + 1;
		if (parts == 4)
			third = i;
	}
	if (parts == 4) {
		struct text server = slice(drive, second, third);

		return server.len && !text_eq_str(server, "?") && !text_eq_str(server, ".") &&
		       !text_eq_str(server, "?.");
	}
	return parts == 6;
}

/* One part; without a drive and a root before it, none may look like a drive. */
static void put_part(struct builder *b, struct text part, bool *first, bool bare, char sep)
{
	struct parsed p;

	if (*first && bare && sep == '\\') {
		split_windows(part, &p);
		if (p.drive.len)
			put(b, TEXT(".\\"));
	}
	if (!*first)
		put_char(b, sep);
	put(b, part);
	*first = false;
}

/* PurePath._format_parsed_parts() */
static void format(struct builder *b, unsigned int form, struct parsed *p)
{
	bool first = true, bare = !p->drive.len && !p->root.len;
	char sep = form & PATH_WINDOWS ? '\\' : '/';
	size_t end;

	put(b, p->drive);
	put(b, p->root);
	if (p->items) {
		/* Up to 3.11 the first one is drive and root. */
		size_t from = form & PATH_ANCHORED && !bare;

		for (size_t i = from; i < p->nr_items; i++) {
			put_part(b, p->items[i].text, &first, bare && !(form & PATH_ANCHORED), sep);
			if (p->items[i].cut) {
				p->cut = true;
				break;
			}
		}
	}
	for (size_t at = 0; at < p->rel.len; at = end + 1) {
		struct text part;

		for (end = at; end < p->rel.len && p->rel.s[end] != sep;)
			end++;
		part = slice(p->rel, at, end);
		if (part.len && !text_eq_str(part, "."))
			put_part(b, part, &first, bare, sep);
	}
	if (!b->len && !p->cut)
		put_char(b, '.');
}

/* Are they all str?  *size: bytes of them, with a separator each. */
static bool all_text(const struct value *items, size_t n, size_t *size)
{
	for (size_t i = 0; i < n; i++) {
		if (items[i].type != VALUE_STR)
			return false;
		*size += items[i].text.len + 1;
	}
	return true;
}

static int make_raw(struct arena *arena, unsigned int form, const struct value *list, size_t size,
		    struct parsed *out)
{
	struct builder joined = { arena_alloc(arena, size), 0 }, path = { NULL, 0 };
	const struct value *items = list->seq.items;
	size_t n = list->seq.count;
	bool cut = false;

	if (!joined.s)
		return -ENOMEM;
	if (form & PATH_WINDOWS) {
		path.s = arena_alloc(arena, size);
		if (!path.s)
			return -ENOMEM;
		/* What one argument is by itself is not joined. */
		if (n == 1)
			put(&joined, items[0].text);
		else if (n)
			join_windows(&joined, &path, items, n);
		for (size_t i = 0; i < joined.len; i++) {
			if (joined.s[i] == '/')
				joined.s[i] = '\\';
		}
		split_windows((struct text){ joined.s, joined.len }, out);
		if (!out->root.len && has_share(out->drive))
			out->root = TEXT("\\");
	} else {
		join_posix(&joined, items, n, &cut);
		split_posix((struct text){ joined.s, joined.len }, out);
	}
	out->cut = cut;
	return 0;
}

/* Is something missing in it, so that nothing can be said? */
static bool is_unknown(const struct value *list, unsigned int form)
{
	if (list->cut)
		return form & PATH_RAW;
	for (size_t i = 0; i < list->seq.count; i++) {
		if (list->seq.items[i].cut && form & PATH_RAW && form & PATH_WINDOWS)
			return true;
	}
	return false;
}

int path_value(struct arena *arena, unsigned int form, const struct value *fields, size_t nr_fields,
	       bool cut, struct value *out)
{
	size_t n = form & PATH_RAW ? 1 : 3, size = 8;
	const struct value *list;
	struct parsed p = { 0 };
	struct builder text = { 0 };
	int ret;

	*out = (struct value){ .type = VALUE_DEEP };
	for (size_t i = 0; i < nr_fields; i++)
		cut |= fields[i].type == VALUE_DEEP;
	if (cut)
		return 0;
	out->type = VALUE_UNREADABLE;
	if (nr_fields != n)
		return 0;
	list = &fields[n - 1];
	if ((list->type != VALUE_LIST && list->type != VALUE_TUPLE) ||
	    !all_text(list->seq.items, list->seq.count, &size) || !all_text(fields, n - 1, &size))
		return 0;
	out->type = VALUE_DEEP;
	if (is_unknown(list, form))
		return 0;
	text.s = arena_alloc(arena, size);
	if (!text.s)
		return -ENOMEM;
	if (form & PATH_RAW) {
		ret = make_raw(arena, form, list, size, &p);
		if (ret)
			return ret;
	} else {
		p = (struct parsed){ .drive = fields[0].text,
				     .root = fields[1].text,
				     .items = list->seq.items,
				     .nr_items = list->seq.count,
				     .cut = list->cut };
	}
	format(&text, form, &p);
	*out = (struct value){ .type = VALUE_STR, .cut = p.cut, .text = { text.s, text.len } };
	return 0;
}
