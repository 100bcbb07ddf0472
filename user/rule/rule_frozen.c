// SPDX-License-Identifier: GPL-2.0-only
#include "rule/rule_frozen.h"

#include <string.h>

#include "base/util.h"

static bool strip_suffix(struct text *t, struct text suffix)
{
	if (t->len <= suffix.len || memcmp(t->s + t->len - suffix.len, suffix.s, suffix.len) != 0)
		return false;
	t->len -= suffix.len;
	return true;
}

bool rule_frozen_module(struct text file, struct text *module)
{
	static const struct text head = { "<frozen ", 8 };

	if (file.len <= head.len + 1 || memcmp(file.s, head.s, head.len) != 0 ||
	    file.s[file.len - 1] != '>')
		return false;
	*module = (struct text){ file.s + head.len, file.len - head.len - 1 };
	return true;
}

bool rule_frozen_stem(struct text pattern, struct text *stem)
{
	*stem = pattern;
	return strip_suffix(stem, TEXT("/__init__.py")) || strip_suffix(stem, TEXT(".py"));
}
