// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "console/db_array.h"

TEST(has_numbers_as_a_server_takes_them)
{
	static const unsigned char wanted[] = {
		0, 0, 0, 1, 0,	 0,   0,   0,	0,   0,	  0,   20,
		0, 0, 0, 2, 0,	 0,   0,   1,			    /* header */
		0, 0, 0, 8, 0,	 0,   0,   0,	0,   0,	  1,   2,   /* 258 */
		0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 255, /* -1 */
	};
	struct db_array a = { 0 };
	struct db_value v;

	db_array_add_number(&a, 258);
	db_array_add_number(&a, -1);
	v = db_array_value(&a);
	ASSERT(v.is_array);
	ASSERT(!v.is_text);
	ASSERT_EQ(v.text.len, sizeof(wanted));
	ASSERT_EQ(memcmp(v.text.s, wanted, sizeof(wanted)), 0);
	db_array_fini(&a);
}

TEST(has_texts_and_what_is_none)
{
	static const unsigned char wanted[] = {
		0, 0, 0, 1, 0,	 0,   0,   1,	0,   0,	  0, 25, 0, 0,
		0, 3, 0, 0, 0,	 1,				       /* header */
		0, 0, 0, 2, 'a', '"', 255, 255, 255, 255, 0, 0,	 0, 0, /* one, none, an empty one */
	};
	struct db_array a = { 0 };
	struct db_value v;

	db_array_add_text(&a, TEXT("a\""));
	db_array_add_text(&a, (struct text){ NULL, 0 });
	db_array_add_text(&a, TEXT(""));
	v = db_array_value(&a);
	ASSERT(v.is_array && v.is_text);
	ASSERT_EQ(v.text.len, sizeof(wanted));
	ASSERT_EQ(memcmp(v.text.s, wanted, sizeof(wanted)), 0);
	/* Nothing of it is left for the next rows. */
	db_array_reset(&a);
	ASSERT_EQ(a.nr, 0);
	db_array_add_text(&a, TEXT("b"));
	v = db_array_value(&a);
	ASSERT_EQ(v.text.len, 25);
	ASSERT_EQ(v.text.s[7], 0);
	ASSERT_EQ(v.text.s[15], 1);
	ASSERT_EQ(v.text.s[24], 'b');
	db_array_fini(&a);
}
