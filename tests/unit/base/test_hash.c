// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/hash.h"

struct item {
	unsigned int key;
	struct hash_link link;
};

static HASH_TABLE(table, 4);
static struct item items[20];

static struct item *find(unsigned int key)
{
	hash_for_each_like(struct item, i, table, key, link) {
		if (i->key == key)
			return i;
	}
	return NULL;
}

static unsigned int sum_of_keys(void)
{
	unsigned int sum = 0;

	hash_for_each(struct item, i, table, link)
		sum += i->key;
	return sum;
}

static void fill(void)
{
	memset(table, 0, sizeof(table));
	for (unsigned int k = 0; k < ARRAY_SIZE(items); k++) {
		items[k].key = k;
		hash_add(table, k, &items[k].link);
	}
}

TEST(empty)
{
	memset(table, 0, sizeof(table));
	ASSERT(!find(0));
	ASSERT_EQ(sum_of_keys(), 0);
}

TEST(each_is_found_and_walked_once)
{
	fill();
	for (unsigned int k = 0; k < ARRAY_SIZE(items); k++)
		ASSERT(find(k) == &items[k]);
	ASSERT(!find(ARRAY_SIZE(items)));
	ASSERT_EQ(sum_of_keys(), 190);
}

TEST(removed_from_any_place_of_a_bucket)
{
	fill();
	hash_remove(table, 16, &items[16].link); /* the first one there */
	hash_remove(table, 8, &items[8].link);
	hash_remove(table, 0, &items[0].link); /* the last one */
	ASSERT(!find(16) && !find(8) && !find(0));
	ASSERT(find(4) == &items[4] && find(12) == &items[12]);
	ASSERT_EQ(sum_of_keys(), 190 - 24);
}

TEST(removed_while_walked_through)
{
	unsigned int seen = 0;

	fill();
	hash_for_each(struct item, i, table, link) {
		hash_remove(table, i->key, &i->link);
		memset(i, 0xff, sizeof(*i));
		seen++;
	}
	ASSERT_EQ(seen, ARRAY_SIZE(items));
	ASSERT_EQ(sum_of_keys(), 0);
}

/* A break ends all of the walk, not a bucket of it. */
TEST(a_walk_is_one_loop)
{
	unsigned int seen = 0;

	fill();
	hash_for_each(struct item, i, table, link) {
		if (seen++ == 2)
			break;
		continue;
	}
	ASSERT_EQ(seen, 3);
}
