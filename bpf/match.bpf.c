// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "match.bpf.h"

#define TEXT_MAX PHRUDE_MATCH_FILE_MAX

/* How the characters of s->text are stored and compared; in one scalar with their number. */
#define TEXT_LEN(t) ((t)&0xffff)
#define TEXT_KIND_SHIFT 16
#define TEXT_FROZEN (1 << 24) /* "<frozen a.b>": compared as "a/b.py" */
#define TEXT_CUT (1 << 25)    /* characters are missing in front */

/*
 * The last (at most TEXT_MAX) characters of a str into s->text. Returns how many, negative if
 * unreadable.
 */
__noinline int load_tail(__u32 slot, __u64 str)
{
	struct scratch *s = scratch_get(slot);
	struct str_info info;
	__u32 n, bytes;

	if (!s || read_str(s, str, &info))
		return -1;
	n = info.length > TEXT_MAX ? TEXT_MAX : info.length;
	bytes = n * info.kind;
	/* The compiler knows that this cannot be; Linux 6.1 does not see it and needs the test. */
	barrier_var(bytes);
	if (bytes > sizeof(s->text))
		return -1;
	if (bytes && read_user(s, s->text, bytes, info.data + (info.length - n) * info.kind))
		return -1;
	return n | info.kind << TEXT_KIND_SHIFT | (info.length > TEXT_MAX ? TEXT_CUT : 0);
}

/*
 * Adds character i of s->text to s->hash.  A function of its own, so that the verifier does not
 * follow its branches anew in each round of a loop.
 */
__noinline int hash_char(__u32 slot, __u32 i, __u32 text)
{
	struct scratch *s = scratch_get(slot);
	__u32 kind = text >> TEXT_KIND_SHIFT & 0xff, ch;

	if (!s)
		return 0;
	i &= TEXT_MAX - 1;
	if (kind == 1)
		ch = s->text[i];
	else if (kind == 2)
		ch = *(__u16 *)&s->text[2 * i];
	else
		ch = *(__u32 *)&s->text[4 * i];
	if (text & TEXT_FROZEN && ch == '.')
		ch = '/';
	s->hash = phrude_hash_step(s->hash, ch);
	return ch;
}

__noinline int match_name_str(__u32 slot, __u64 str)
{
	struct scratch *s = scratch_get(slot);
	int text;

	if (!s)
		return MATCH_NO;
	text = load_tail(slot, str);
	if (text < 0)
		return -1;
	if (TEXT_LEN(text) > PHRUDE_MATCH_NAME_MAX)
		return MATCH_NO;
	s->hash = PHRUDE_HASH_SEED;
	for (__u32 i = 0; i < PHRUDE_MATCH_NAME_MAX; i++) {
		if (i >= TEXT_LEN(text))
			break;
		hash_char(slot, i, text);
	}
	s->name_hash = s->hash;
	return MATCH_YES;
}

__noinline int match_name_cstr(__u32 slot, __u64 addr)
{
	struct scratch *s = scratch_get(slot);
	__u64 h = PHRUDE_HASH_SEED;
	long n;

	if (!s)
		return MATCH_NO;
	n = read_user_str(s, s->text, TEXT_MAX, addr);
	if (n <= 0)
		return -1;
	if (n > PHRUDE_MATCH_NAME_MAX)
		return MATCH_NO;
	for (__u32 i = 0; i < PHRUDE_MATCH_NAME_MAX; i++) {
		if (i + 1 >= n)
			break;
		h = phrude_hash_step(h, s->text[i & (TEXT_MAX - 1)]);
	}
	s->name_hash = h;
	return MATCH_YES;
}

static __always_inline bool is_target(struct scratch *s, __u64 name, __u64 place, __u32 kind)
{
	struct phrude_target_key key = { .name = name, .place = place, .kind = kind };
	__u32 *value = bpf_map_lookup_elem(&targets, &key);

	if (value)
		s->watch = PHRUDE_TARGET_WATCH(*value);
	return value;
}

static __always_inline bool is_frozen(const struct scratch *s, int text)
{
	__u32 n = TEXT_LEN(text);

	return (text >> TEXT_KIND_SHIFT & 0xff) == 1 && n > 9 && s->text[0] == '<' &&
	       s->text[1] == 'f' && s->text[2] == 'r' && s->text[3] == 'o' && s->text[4] == 'z' &&
	       s->text[5] == 'e' && s->text[6] == 'n' && s->text[7] == ' ' &&
	       s->text[(n - 1) & (TEXT_MAX - 1)] == '>';
}

/* With MATCH_CLASS another part of the path may still fit a rule for any class. */
static __always_inline int file_target(struct scratch *s, __u64 hash)
{
	struct phrude_target_key key = { .name = s->name_hash,
					 .place = hash,
					 .kind = PHRUDE_PLACE_FILE };
	__u32 *value = bpf_map_lookup_elem(&targets, &key), watch;

	if (!value)
		return MATCH_NO;
	watch = PHRUDE_TARGET_WATCH(*value);
	if (!s->watch || PHRUDE_WATCH_LEVEL(watch) > PHRUDE_WATCH_LEVEL(s->watch))
		s->watch = watch;
	if (PHRUDE_TARGET_KIND(*value) == PHRUDE_TARGET_ANY)
		return MATCH_YES;
	s->by_class = 1;
	return MATCH_NO;
}

/*
 * As hash_char(), but first looks whether the file's trailing path that ends before a '/' is
 * watched.
 */
__noinline int file_step(__u32 slot, __u32 i, __u32 text)
{
	struct scratch *s = scratch_get(slot);
	__u64 h;

	if (!s)
		return MATCH_NO;
	h = s->hash;
	return hash_char(slot, i, text) == '/' ? file_target(s, h) : MATCH_NO;
}

__noinline int match_file(__u32 slot, __u64 file)
{
	struct scratch *s = scratch_get(slot);
	__u32 n, first = 0;
	int text;

	if (!s)
		return MATCH_NO;
	text = load_tail(slot, file);
	if (text < 0)
		return -1;
	n = TEXT_LEN(text);
	s->hash = PHRUDE_HASH_SEED;
	s->by_class = 0;
	if (is_frozen(s, text)) {
		text |= TEXT_FROZEN;
		s->hash = phrude_hash_step(phrude_hash_step(phrude_hash_step(s->hash, 'y'), 'p'),
					   '.');
		first = 8;
		n--;
	}
	for (__u32 i = 0; i < TEXT_MAX; i++) {
		if (n <= first)
			break;
		n--;
		if (file_step(slot, n, text))
			return MATCH_YES;
	}
	if (!(text & TEXT_CUT) && file_target(s, s->hash) == MATCH_YES)
		return MATCH_YES;
	return s->by_class ? MATCH_CLASS : MATCH_NO;
}

/* As file_step(), for the parts of a qualified name. */
__noinline int qualname_step(__u32 slot, __u32 i, __u32 text)
{
	struct scratch *s = scratch_get(slot);
	__u64 h;

	if (!s)
		return MATCH_NO;
	h = s->hash;
	return hash_char(slot, i, text) == '.' &&
	       is_target(s, s->name_hash, h, PHRUDE_PLACE_QUALNAME);
}

__noinline int match_qualname(__u32 slot, __u64 qualname)
{
	struct scratch *s = scratch_get(slot);
	__u32 n;
	int text;

	if (!s)
		return MATCH_NO;
	text = load_tail(slot, qualname);
	if (text < 0)
		return -1;
	n = TEXT_LEN(text);
	s->hash = PHRUDE_HASH_SEED;
	for (__u32 i = 0; i < TEXT_MAX; i++) {
		if (!n)
			break;
		n--;
		if (qualname_step(slot, n, text))
			return MATCH_YES;
	}
	/* User space knows what to think of a name that is as long as that. */
	return text & TEXT_CUT || is_target(s, s->name_hash, s->hash, PHRUDE_PLACE_QUALNAME);
}

__noinline int match_module_str(__u32 slot, __u64 module)
{
	struct scratch *s = scratch_get(slot);
	__u32 n;
	int text;

	if (!s)
		return MATCH_NO;
	text = load_tail(slot, module);
	if (text < 0)
		return -1;
	n = TEXT_LEN(text);
	s->hash = PHRUDE_HASH_SEED;
	for (__u32 i = 0; i < TEXT_MAX; i++) {
		if (!n)
			break;
		n--;
		hash_char(slot, n, text);
	}
	return is_target(s, s->name_hash, s->hash, PHRUDE_PLACE_MODULE);
}

/*
 * The index behind the last dot of the first n characters of s->text; 0 if there is none.  It looks
 * from the end and returns at the first one, so that the verifier has one state a round to follow.
 */
__noinline int after_last_dot(__u32 slot, __u32 n)
{
	struct scratch *s = scratch_get(slot);

	if (!s)
		return 0;
	for (__u32 i = 0; i < TEXT_MAX; i++) {
		if (i >= n)
			break;
		if (s->text[(n - 1 - i) & (TEXT_MAX - 1)] == '.')
			return n - i;
	}
	return 0;
}

__noinline int type_name_start(__u32 slot, __u64 tp_name)
{
	struct scratch *s = scratch_get(slot);
	long n;

	if (!s)
		return 0;
	n = read_user_str(s, s->text, TEXT_MAX, tp_name);
	return n > 0 ? after_last_dot(slot, n - 1) : 0;
}

__noinline int match_module_tpname(__u32 slot, __u64 tp_name)
{
	static const char builtins[] = "snitliub"; /* "builtins", last character first */
	struct scratch *s = scratch_get(slot);
	__u32 n;
	long len;

	if (!s)
		return MATCH_NO;
	len = read_user_str(s, s->text, TEXT_MAX, tp_name);
	if (len <= 0)
		return -1;
	s->hash = PHRUDE_HASH_SEED;
	n = after_last_dot(slot, len - 1);
	if (n) {
		n--; /* the dot */
		for (__u32 i = 0; i < TEXT_MAX; i++) {
			if (!n)
				break;
			n--;
			hash_char(slot, n, 1 << TEXT_KIND_SHIFT);
		}
	} else {
		for (__u32 i = 0; i < sizeof(builtins) - 1; i++)
			s->hash = phrude_hash_step(s->hash, builtins[i]);
	}
	return is_target(s, s->name_hash, s->hash, PHRUDE_PLACE_MODULE);
}

/*
 * Are events watched that begin with the first i characters of s->text?  As hash_char(), by itself
 * for the verifier.
 */
__noinline int event_step(__u32 slot, __u32 i)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !(audit_prefix_lens[i / 64 & 3] >> (i & 63) & 1))
		return 0;
	return is_target(s, s->hash, i, PHRUDE_PLACE_AUDIT_PREFIX);
}

/* The name of an audit event in s->text, from the first character on. */
__noinline int match_event(__u32 slot, __u32 text)
{
	struct scratch *s = scratch_get(slot);

	if (!s)
		return MATCH_NO;
	s->hash = PHRUDE_HASH_SEED;
	/* 64 bits: see digest_words() */
	for (__u64 i = 0; i <= PHRUDE_MATCH_NAME_MAX; i++) {
		if (event_step(slot, i))
			return MATCH_YES;
		if (i >= TEXT_LEN(text) || i == PHRUDE_MATCH_NAME_MAX)
			break;
		hash_char(slot, i, text);
	}
	return TEXT_LEN(text) <= PHRUDE_MATCH_NAME_MAX &&
	       is_target(s, s->hash, 0, PHRUDE_PLACE_AUDIT);
}

__noinline int match_event_cstr(__u32 slot, __u64 addr)
{
	struct scratch *s = scratch_get(slot);
	long n;

	if (!s)
		return MATCH_NO;
	n = read_user_str(s, s->text, TEXT_MAX, addr);
	if (n <= 0)
		return -1;
	return match_event(slot, (n - 1) | 1 << TEXT_KIND_SHIFT);
}

__noinline int match_event_str(__u32 slot, __u64 str)
{
	int text = load_tail(slot, str);

	return text < 0 ? -1 : match_event(slot, text);
}
