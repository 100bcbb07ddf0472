// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel side sends matches of: its map "targets", and the filters before it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "bpf/abi/hash.h"
#include "kern/kern.h"
#include "kern/kern_priv.h"

_Static_assert(sizeof(((struct tracer__bss *)0)->prefilter) == WATCHED_NAMES_WORDS * 8,
	       "as the programs have it");
_Static_assert(sizeof(((struct tracer__bss *)0)->audit_prefix_lens) == WATCHED_PREFIX_WORDS * 8,
	       "as the programs have it");

_Static_assert(sizeof(struct phrude_target_key) <= KERN_ENTRY_MAX, "kern_map_keep() has room");

int kern_watch(struct kern *k, const struct watched *w, struct err *err)
{
	const struct bpf_map *map = k->skel->maps.targets;
	struct tracer__bss *bss = k->skel->bss;
	int ret = 0;

	/* What lets more pass comes first. */
	bss->prefilter_non_ascii |= w->non_ascii;
	bss->conditions |= w->conditions;
	for (size_t i = 0; i < WATCHED_NAMES_WORDS; i++)
		bss->prefilter[i] |= w->names[i];
	for (size_t i = 0; i < WATCHED_PREFIX_WORDS; i++)
		bss->audit_prefix_lens[i] |= w->prefix_lens[i];
	bss->audit_prefixes |= w->prefixes;
	for (size_t i = 0; i < w->nr_targets && !ret; i++) {
		const struct phrude_target_key *key = &w->targets[i].key;
		__u32 value = w->targets[i].value, old;

		if (!bpf_map__lookup_elem(map, key, sizeof(*key), &old, sizeof(old), 0))
			value = watched_join(value, old);
		ret = bpf_map__update_elem(map, key, sizeof(*key), &value, sizeof(value), BPF_ANY);
	}
	if (ret == -E2BIG)
		return err_set(err, ret,
			       "the rules name more than %d functions: the kernel side has no room "
			       "for them",
			       PHRUDE_TARGETS_MAX);
	return ret ? err_set(err, ret, "cannot pass the rules to the kernel: %s", strerror(-ret))
		   : 0;
}

/* kern_key_fn */
static bool is_watched(const void *ctx, const void *key, const void *value)
{
	const struct watched *w = ctx;
	struct watched_target one = { 0 };

	memcpy(&one.key, key, sizeof(one.key));
	return bsearch(&one, w->targets, w->nr_targets, sizeof(one), watched_compare);
}

void kern_watch_only(struct kern *k, const struct watched *w)
{
	const struct bpf_map *map = k->skel->maps.targets;
	struct tracer__bss *bss = k->skel->bss;

	for (size_t i = 0; i < w->nr_targets; i++)
		bpf_map__update_elem(map, &w->targets[i].key, sizeof(w->targets[i].key),
				     &w->targets[i].value, sizeof(w->targets[i].value), BPF_ANY);
	kern_map_keep(map, is_watched, w);
	bss->prefilter_non_ascii = w->non_ascii;
	for (size_t i = 0; i < WATCHED_NAMES_WORDS; i++)
		bss->prefilter[i] = w->names[i];
	for (size_t i = 0; i < WATCHED_PREFIX_WORDS; i++)
		bss->audit_prefix_lens[i] = w->prefix_lens[i];
	bss->audit_prefixes = w->prefixes;
	bss->conditions = w->conditions;
	/* Verdicts are of the rules that there were. */
	bss->digest_policy++;
}

uint32_t kern_watch_of(const struct kern *k, const char *name, const char *module)
{
	struct phrude_target_key key = { .name = PHRUDE_HASH_SEED,
					 .place = PHRUDE_HASH_SEED,
					 .kind = PHRUDE_PLACE_MODULE };
	__u32 value;

	/* Of names that are not ASCII this is another hash, which is not there. */
	for (size_t i = 0; name[i]; i++)
		key.name = phrude_hash_step(key.name, (unsigned char)name[i]);
	for (size_t i = strlen(module); i-- > 0;)
		key.place = phrude_hash_step(key.place, (unsigned char)module[i]);
	if (bpf_map__lookup_elem(k->skel->maps.targets, &key, sizeof(key), &value, sizeof(value),
				 0))
		return PHRUDE_LEVEL_ALERT;
	return PHRUDE_TARGET_WATCH(value);
}
