/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash tables of a fixed number of buckets, as the kernel has them (include/linux/hashtable.h): an
 * item has its link inside.  How keys are hashed and compared is its owner's, who has every item of
 * a key's bucket looked at.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct hash_link {
	struct hash_link *next;
};

#define HASH_TABLE(name, buckets) struct hash_link *name[buckets]

#define hash_bucket(table, hash) (&(table)[(hash) % ARRAY_SIZE(table)])

/* In front of those that are in its bucket. */
static inline void hash_add_to(struct hash_link **bucket, struct hash_link *link)
{
	link->next = *bucket;
	*bucket = link;
}

/* It has to be there. */
static inline void hash_remove_from(struct hash_link **bucket, struct hash_link *link)
{
	while (*bucket != link)
		bucket = &(*bucket)->next;
	*bucket = link->next;
}

#define hash_add(table, hash, link) hash_add_to(hash_bucket(table, hash), link)
#define hash_remove(table, hash, link) hash_remove_from(hash_bucket(table, hash), link)

/* The item that a link is in; NULL of NULL. */
#define hash_item(link, type, member)                                                    \
	({                                                                               \
		struct hash_link *link_ = (link);                                        \
		link_ ? (type *)(void *)((char *)link_ - offsetof(type, member)) : NULL; \
	})

/* Where a walk through a table is: the link that comes next, and the bucket after that one's. */
struct hash_walk {
	struct hash_link *next;
	size_t bucket;
};

static inline struct hash_link *hash_step(struct hash_link *const *buckets, size_t count,
					  struct hash_walk *walk)
{
	struct hash_link *link;

	while (!walk->next && walk->bucket < count)
		walk->next = buckets[walk->bucket++];
	link = walk->next;
	if (link)
		walk->next = link->next;
	return link;
}

/* Each item, as `item`; the one that it is at may be removed. */
#define hash_for_each(type, item, table, member)                                               \
	for (struct hash_walk item##_walk = { 0 }, *item##_turn = &item##_walk; item##_turn;   \
	     item##_turn = NULL)                                                               \
		for (type * item;                                                              \
		     (item = hash_item(hash_step(table, ARRAY_SIZE(table), item##_turn), type, \
				       member));)

/* Each item of that hash's bucket; none may be removed. */
#define hash_for_each_like(type, item, table, hash, member)                         \
	for (type *item = hash_item(*hash_bucket(table, hash), type, member); item; \
	     item = hash_item(item->member.next, type, member))
