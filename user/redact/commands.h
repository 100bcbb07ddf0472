/* SPDX-License-Identifier: GPL-2.0-only */
/* Secrets that only their place in a command tells: `mysql -pX`, `curl -u user:X`. */
#pragma once

#include "base/regex.h"
#include "base/text.h"

/* A command of which words were seen; {} before the first. */
struct command {
	const struct command_tool *tool;
	const struct command_flag *pending; /* the next word is its value */
	enum { COMMAND_BEGINS, COMMAND_WRAPPED, COMMAND_OTHER } state; /* without a tool */
};

/* Its next word.  Is some of it a secret, and what? */
bool command_word(struct command *c, struct text word, struct regex_span *secret);

/* Those in a text that may be a command line, or hold some, as source code does. */
void commands_find(struct text text, void (*found)(void *ctx, struct regex_span secret), void *ctx);
