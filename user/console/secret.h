/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passwords, and tokens (keys, sessions, links): what the store has of them does not give them
 * away.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

#define TOKEN_SIZE 48	   /* of 256 bits as text, with the NUL */
#define TOKEN_HASH_SIZE 65 /* with the NUL */
#define PASSWORD_HASH_SIZE 128
/* Characters are counted as bytes. */
#define PASSWORD_MIN 10
#define PASSWORD_MAX 1024

void token_make(char out[TOKEN_SIZE]);
/* A token has so much chance in it that a fast hash does. */
void token_hash(struct text token, char out[TOKEN_HASH_SIZE]);
bool token_equals(const char *a, const char *b);

/*
 * Both take some 0.1 s and 64 MiB; one at a time in this process.  -EINVAL with a sentence: too
 * short or too long; -ENOMEM.
 */
int password_hash(struct text password, char out[PASSWORD_HASH_SIZE], struct err *err);
/* `hash` NULL: there is no such user; takes as long. */
bool password_fits(struct text password, const char *hash);
