// SPDX-License-Identifier: GPL-2.0-only
/* What an application makes of a client's text before it uses it. */
#include "input/input_filtered.h"

#include "base/arena.h"
#include "test.h"

typedef struct text (*made_fn)(struct arena *arena, struct text s);

/* `expected` NULL: there is nothing to be made of it. */
static void check_made(made_fn made, const char *from, const char *expected)
{
	struct arena arena = { 0 };
	struct text out = made(&arena, (struct text){ from, strlen(from) });

	if (expected ? !out.s || !text_eq_str(out, expected) : out.s != NULL) {
		fprintf(stderr, "%s: %.*s\n", from, (int)out.len, out.s ? out.s : "");
		test_failed = 1;
	}
	arena_fini(&arena);
}

TEST(dots)
{
	check_made(input_without_dots, "....//x", "../x");
	check_made(input_without_dots, "..././..././x", "../../x");
	check_made(input_without_dots, "../x", NULL);
	check_made(input_without_dots, "a/b", NULL);
	check_made(input_without_dots, "", NULL);
}

TEST(slashes)
{
	check_made(input_slashed, "..\\..\\x\\y", "../../x/y");
	check_made(input_slashed, "a\\b", NULL);
	check_made(input_slashed, "", NULL);
}

TEST(wide)
{
	check_made(input_narrowed, "a＇ or １＝１", "a' or 1=1");
	check_made(input_narrowed, "․․/x", "../x");
	check_made(input_narrowed, "．．／ｘ", "../x");
	check_made(input_narrowed, "bücher", NULL);
	check_made(input_narrowed, "\xef\xbc", NULL);
	check_made(input_narrowed, "\xef\xbf\xbd", NULL);
}

TEST(root)
{
	check_made(input_from_root, "../../../etc/x", "/etc/x");
	check_made(input_from_root, "../", NULL);
	check_made(input_from_root, "a/../b", NULL);
	check_made(input_from_root, "", NULL);
}
