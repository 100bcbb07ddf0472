// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "digest.bpf.h"

/* Words that are digested in one round, and rounds. */
#define WORDS_AT_ONCE 64
#define ROUNDS_MAX (PHRUDE_EVENT_MAX / 8 / WORDS_AT_ONCE)

struct sip {
	__u64 v0, v1, v2, v3;
};

static __always_inline __u64 rotl(__u64 x, int n)
{
	return x << n | x >> (64 - n);
}

static __always_inline void sip_round(struct sip *v)
{
	v->v0 += v->v1;
	v->v1 = rotl(v->v1, 13) ^ v->v0;
	v->v0 = rotl(v->v0, 32);
	v->v2 += v->v3;
	v->v3 = rotl(v->v3, 16) ^ v->v2;
	v->v0 += v->v3;
	v->v3 = rotl(v->v3, 21) ^ v->v0;
	v->v2 += v->v1;
	v->v1 = rotl(v->v1, 17) ^ v->v2;
	v->v2 = rotl(v->v2, 32);
}

static __always_inline void sip_word(struct sip *v, __u64 word)
{
	v->v3 ^= word;
	sip_round(v);
	v->v0 ^= word;
}

static __always_inline void sip_begin(struct sip *v)
{
	v->v0 = cfg_digest_key[0] ^ 0x736f6d6570736575;
	v->v1 = cfg_digest_key[1] ^ 0x646f72616e646f6d;
	v->v2 = cfg_digest_key[0] ^ 0x6c7967656e657261;
	v->v3 = cfg_digest_key[1] ^ 0x7465646279746573;
}

static __always_inline __u64 sip_end(struct sip *v)
{
	v->v2 ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v->v0 ^ v->v1 ^ v->v2 ^ v->v3;
}

static __always_inline void sip_load(const struct scratch *s, struct sip *v)
{
	v->v0 = s->sip[0];
	v->v1 = s->sip[1];
	v->v2 = s->sip[2];
	v->v3 = s->sip[3];
}

static __always_inline void sip_store(struct scratch *s, const struct sip *v)
{
	s->sip[0] = v->v0;
	s->sip[1] = v->v1;
	s->sip[2] = v->v2;
	s->sip[3] = v->v3;
}

__noinline int digest_begin(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	const struct ev_match *m;
	struct sip v;

	if (!s)
		return 0;
	m = (void *)s->data;
	sip_begin(&v);
	sip_word(&v, m->code);
	sip_word(&v, m->self_type);
	sip_word(&v, s->proc.group | (__u64)m->probe << 32 | (__u64)m->callee << 40 |
			     (__u64)digest_policy << 48);
	sip_store(s, &v);
	s->digested = sizeof(*m);
	return 0;
}

/* At most WORDS_AT_ONCE.  A function of its own, so that the verifier goes through it once. */
__noinline int digest_words(__u32 slot, __u32 at, __u32 n)
{
	struct scratch *s = scratch_get(slot);
	struct sip v;

	if (!s)
		return 0;
	sip_load(s, &v);
	/* 64 bits: one that is spilled to the stack with fewer is not followed by Linux 5.15. */
	for (__u64 i = 0; i < WORDS_AT_ONCE; i++) {
		if (i >= n)
			break;
		sip_word(&v, *(__u64 *)&s->data[(at + 8 * i) & (PHRUDE_EVENT_MAX - 8)]);
	}
	sip_store(s, &v);
	return 0;
}

static __always_inline void digest_upto(struct scratch *s, __u32 slot, __u32 to)
{
	for (__u32 i = 0; i < ROUNDS_MAX; i++) {
		if (s->digested >= to)
			break;
		digest_words(slot, s->digested, (to - s->digested) / 8);
		s->digested += 8 * WORDS_AT_ONCE;
	}
	s->digested = to;
}

__noinline __u64 digest_event(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct sip v;

	if (!s)
		return 0;
	digest_upto(s, slot, s->len);
	sip_load(s, &v);
	sip_word(&v, (__u64)s->len << 32 | s->cut);
	return sip_end(&v);
}

__noinline __u64 digest_part(__u32 slot, __u32 from)
{
	struct scratch *s = scratch_get(slot);
	__u32 digested;
	struct sip v;
	__u64 part;

	if (!s)
		return 0;
	digested = s->digested;
	__builtin_memcpy(s->sip_kept, s->sip, sizeof(s->sip));
	sip_begin(&v);
	sip_store(s, &v);
	s->digested = from;
	digest_upto(s, slot, s->len);
	sip_load(s, &v);
	part = sip_end(&v);
	__builtin_memcpy(s->sip, s->sip_kept, sizeof(s->sip));
	s->digested = digested;
	return part;
}

/* A frame's node and struct ev_frame, which stand before its texts. */
#define FRAME_WORDS ((NODE_SZ + (__u32)sizeof(struct ev_frame)) / 8)

__noinline int digest_frame(__u32 slot, __u32 texts, __u64 part)
{
	struct scratch *s = scratch_get(slot);
	struct sip v;

	if (!s)
		return 0;
	if (texts - s->digested > FRAME_WORDS * 8)
		digest_upto(s, slot, texts - FRAME_WORDS * 8);
	sip_load(s, &v);
	/* 64 bits: as above. */
	for (__u64 i = 0; i < FRAME_WORDS; i++)
		sip_word(&v,
			 *(__u64 *)&s
				  ->data[(texts - 8 * (FRAME_WORDS - i)) & (PHRUDE_EVENT_MAX - 8)]);
	sip_word(&v, part);
	sip_store(s, &v);
	s->digested = s->len;
	return 0;
}
