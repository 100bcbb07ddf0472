// SPDX-License-Identifier: GPL-2.0-only
#include "elf/usdt_arg.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 64

static int copy_word(const char *args, unsigned int n, char word[WORD_MAX])
{
	size_t len;

	for (;; n--) {
		while (*args == ' ')
			args++;
		len = strcspn(args, " ");
		if (!len)
			return -ENOENT;
		if (!n)
			break;
		args += len;
	}
	if (len >= WORD_MAX)
		return -EOPNOTSUPP;
	memcpy(word, args, len);
	word[len] = '\0';
	return 0;
}

int usdt_arg_parse(const char *args, unsigned int n, struct usdt_arg *out)
{
	char word[WORD_MAX], *at, *end;
	long number;
	int ret = copy_word(args, n, word);

	if (ret)
		return ret;
	number = strtol(word, &at, 10);
	if (at == word || *at != '@' || number < -8 || number > 8)
		return -EOPNOTSUPP;
	*out = (struct usdt_arg){ .size = (int8_t)number };
	at++;
	if (*at == '%')
		return usdt_register(at + 1, &out->reg);
	number = *at == '(' ? 0 : strtol(at, &end, 10);
	if (*at == '(')
		end = at;
	if (end[0] != '(' || end[1] != '%' || (end == at && *at != '(') || number < INT16_MIN ||
	    number > INT16_MAX)
		return -EOPNOTSUPP;
	at = strchr(end, ')');
	if (!at || at[1])
		return -EOPNOTSUPP;
	*at = '\0';
	out->memory = true;
	out->disp = (int16_t)number;
	return usdt_register(end + 2, &out->reg);
}
