// SPDX-License-Identifier: GPL-2.0-only
/* Texts: where the secrets are in them, and what takes their place. */
#include "redact/redact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "redact/commands.h"
#include "redact/redact_priv.h"

/* A text with more of them is taken out as a whole. */
#define SPANS_MAX 64
#define HASH_BYTES 4
/* Longer names are no names. */
#define NAME_MAX_LEN 128
/*
 * What may begin a secret at the end of a text that was cut, if nothing else tells that it is one.
 */
#define BEGINNING_MIN 4

#define QUICK_NS (5 * NSEC_PER_MSEC)

static const char unread[] = "unread";
static const char of_user[] = "pattern";

_Static_assert(NR_REDACT_KINDS <= 32, "rows are bits");

struct secret {
	struct regex_span at;
	const char *kind;
};

/* In the order in which they stand in the text. */
struct secrets {
	struct secret list[SPANS_MAX];
	size_t count;
	bool unread; /* not all of them are known */
};

void redact_free(struct redact *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < NR_REDACT_KINDS; i++)
		regex_free(r->kinds[i]);
	for (size_t i = 0; i < r->nr_patterns; i++)
		regex_free(r->patterns[i]);
	free(r->patterns);
	regex_free(r->names);
	free(r);
}

static struct text text_of(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static int make_kinds(struct redact *r, char *why, size_t size)
{
	int ret = 0;

	literals_add(&r->name_literals, redact_name_literals, 0);
	r->names = regex_new_bytes(text_of(redact_name_pattern), &ret, why, size);
	for (uint32_t i = 0; i < NR_REDACT_KINDS && !ret; i++) {
		if (redact_kinds[i].pattern)
			r->kinds[i] =
				regex_new_bytes(text_of(redact_kinds[i].pattern), &ret, why, size);
		literals_add(&r->literals, redact_kinds[i].literals, i);
	}
	return ret;
}

static int make_patterns(struct redact *r, const struct redact_opts *opts, char *why, size_t size)
{
	int ret = 0;

	r->patterns = calloc(opts->nr_patterns ?: 1, sizeof(struct regex *));
	if (!r->patterns)
		return -ENOMEM;
	for (; r->nr_patterns < opts->nr_patterns && !ret; r->nr_patterns++)
		r->patterns[r->nr_patterns] =
			regex_new(text_of(opts->patterns[r->nr_patterns]), &ret, why, size);
	return ret;
}

int redact_new(const struct redact_opts *opts, struct redact **out, struct err *err)
{
	_cleanup_(redact_freep) struct redact *r = calloc(1, sizeof(*r));
	char why[256] = "out of memory";
	int ret = r ? 0 : -ENOMEM;

	if (!ret && opts->defaults)
		ret = make_kinds(r, why, sizeof(why));
	if (!ret)
		ret = make_patterns(r, opts, why, sizeof(why));
	if (ret)
		return err_set(err, ret, "what secrets look like cannot be prepared: %s", why);
	r->defaults = opts->defaults;
	hmac_sha256_set_key(&r->hash, opts->key_size, opts->key);
	*out = TAKE_PTR(r);
	return 0;
}

uint64_t redact_count(const struct redact *r)
{
	return r->count;
}

uint64_t redact_count_unread(const struct redact *r)
{
	return r->unread;
}

/*
 * Is there no time left for this alert?  By the clock at first, which costs little: a busy machine
 * stops a thread for longer.  What takes so long is then measured by the thread's own time.
 */
static bool is_spent(struct redact *r)
{
	struct redact_budget *b = &r->budget;
	int64_t now, cpu;

	if (!b->on || b->spent)
		return b->spent;
	now = clock_now_ns();
	if (!b->look_ns)
		b->look_ns = now + QUICK_NS;
	if (now < b->look_ns)
		return false;
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (!b->cpu_ns)
		b->cpu_ns = cpu + REDACT_CPU_NS;
	b->look_ns = now + NSEC_PER_MSEC;
	b->spent = cpu >= b->cpu_ns;
	return b->spent;
}

static void add_secret(struct secrets *found, struct regex_span at, const char *kind)
{
	size_t i = found->count;

	if (at.start >= at.end)
		return;
	if (found->count == SPANS_MAX) {
		found->unread = true;
		return;
	}
	for (; i && found->list[i - 1].at.start > at.start; i--)
		found->list[i] = found->list[i - 1];
	found->list[i] = (struct secret){ at, kind };
	found->count++;
}

/* Where a search goes on behind a match: behind one that is empty at the next character. */
static size_t text_behind(struct text text, struct regex_span whole)
{
	size_t next = whole.end;

	if (whole.end > whole.start)
		return next;
	do
		next++;
	while (next < text.len && ((unsigned char)text.s[next] & 0xc0) == 0x80);
	return next;
}

/* `kind`: NULL for a pattern of the user. */
static void find_all(struct redact *r, struct secrets *found, const struct regex *regex,
		     const struct redact_kind *kind, struct text text, bool cut)
{
	const char *name = kind ? kind->name : of_user;
	bool begins = cut && !(kind && kind->matches_cut);
	struct regex_span whole, group;
	size_t from = 0, empty = 0;
	int ret;

	while (from <= text.len && !found->unread) {
		if (is_spent(r)) {
			found->unread = true;
			return;
		}
		ret = regex_find(regex, text, from, begins, &whole, &group);
		if (ret < 0)
			found->unread = true;
		if (ret == REGEX_BEGINNING && whole.end - whole.start >= BEGINNING_MIN)
			add_secret(found, whole, name);
		if (ret != REGEX_WHOLE)
			return;
		add_secret(found, group, name);
		/* One that matches nothing does so everywhere. */
		empty += whole.end == whole.start;
		if (empty > SPANS_MAX)
			found->unread = true;
		from = text_behind(text, whole);
	}
}

static void add_of_command(void *ctx, struct regex_span secret)
{
	add_secret(ctx, secret, REDACT_NAMED);
}

static void find_secrets(struct redact *r, struct secrets *found, struct text text, bool cut)
{
	uint32_t kinds = r->defaults ? literals_find(&r->literals, text) : 0;

	for (; kinds && !found->unread; kinds &= kinds - 1) {
		int i = __builtin_ctz(kinds);

		if (!r->kinds[i])
			commands_find(text, add_of_command, found);
		else if (cut || !redact_kinds[i].in_cut_only)
			find_all(r, found, r->kinds[i], &redact_kinds[i], text, cut);
	}
	for (size_t i = 0; i < r->nr_patterns; i++)
		find_all(r, found, r->patterns[i], NULL, text, cut);
}

/* Those that overlap become one, of the first one's kind. */
static void join_overlaps(struct secrets *found)
{
	size_t n = 0;

	for (size_t i = 1; i < found->count; i++) {
		struct regex_span *last = &found->list[n].at, at = found->list[i].at;

		if (at.start < last->end)
			last->end = MAX(last->end, at.end);
		else
			found->list[++n] = found->list[i];
	}
	found->count = found->count ? n + 1 : 0;
}

/* "[redacted:KIND:" and 8 digits and "]" */
#define MARK_MAX 48

static size_t put_mark(struct redact *r, char *out, const char *kind, struct text secret)
{
	uint8_t hash[HASH_BYTES];
	int n;

	hmac_sha256_update(&r->hash, secret.len, (const uint8_t *)secret.s);
	hmac_sha256_digest(&r->hash, sizeof(hash), hash);
	n = snprintf(out, MARK_MAX, "[redacted:%s:%02x%02x%02x%02x]", kind, hash[0], hash[1],
		     hash[2], hash[3]);
	return n > 0 ? MIN((size_t)n, (size_t)MARK_MAX - 1) : 0;
}

static struct text replace_secret(struct redact *r, struct arena *arena, struct text text,
				  const struct secret *list, size_t count)
{
	char *out = arena_alloc(arena, text.len + count * MARK_MAX);
	size_t len = 0, from = 0;

	if (!out) {
		r->unread++;
		return TEXT("[redacted]");
	}
	for (size_t i = 0; i < count; i++) {
		struct regex_span at = list[i].at;

		memcpy(out + len, text.s + from, at.start - from);
		len += at.start - from;
		len += put_mark(r, out + len, list[i].kind,
				(struct text){ text.s + at.start, at.end - at.start });
		from = at.end;
	}
	if (from < text.len)
		memcpy(out + len, text.s + from, text.len - from);
	return (struct text){ out, len + text.len - from };
}

struct text redact_whole(struct redact *r, struct arena *arena, const char *kind, struct text text)
{
	struct secret all = { { 0, text.len }, kind };

	if (!text.len)
		return text;
	r->count++;
	return replace_secret(r, arena, text, &all, 1);
}

struct text redact_part(struct redact *r, struct arena *arena, struct text text,
			struct regex_span at)
{
	struct secret part = { at, REDACT_NAMED };

	r->count++;
	return replace_secret(r, arena, text, &part, 1);
}

struct text redact_text(struct redact *r, struct arena *arena, struct text text, bool cut)
{
	struct secrets found;

	found.count = 0;
	found.unread = false;
	if (!text.len)
		return text;
	find_secrets(r, &found, text, cut);
	if (found.unread) {
		r->unread++;
		return redact_whole(r, arena, unread, text);
	}
	if (!found.count)
		return text;
	join_overlaps(&found);
	r->count += found.count;
	return replace_secret(r, arena, text, found.list, found.count);
}

bool redact_is_name(struct redact *r, struct text name)
{
	if (!r->defaults || !name.len || name.len > NAME_MAX_LEN)
		return false;
	/* -E2BIG: it may be one. */
	return literals_find(&r->name_literals, name) &&
	       (is_spent(r) || regex_match(r->names, name) != 0);
}
