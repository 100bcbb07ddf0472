/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from a target.  Inside the program it is UTF-8 in which a lone surrogate of a Python str is
 * kept as its own three bytes (as Python's "surrogatepass" writes it), with a length: NUL is a
 * character like others.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct text {
	const char *s; /* not NUL-terminated */
	size_t len;
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })

bool text_eq(struct text a, struct text b);
bool text_eq_str(struct text a, const char *b);

/*
 * Decodes the character at s[*pos] and advances *pos.  Lone surrogates are returned as such; a byte
 * that belongs to no character is returned as 0xdc00 + byte (as Python's "surrogateescape" does).
 */
uint32_t text_next(const char *s, size_t len, size_t *pos);
/* Appends one code point, surrogates included, as up to 4 bytes. */
void text_put(struct buf *b, uint32_t ch);

/*
 * Appends s as a JSON string with its quotes; the output is valid UTF-8: control characters, DEL,
 * C1 controls, lone surrogates, and characters that reorder or hide text on a terminal, become
 * \uXXXX.
 */
void text_json(struct buf *b, struct text s);
/*
 * The same for strict readers: a lone surrogate becomes the six letters of its escape, as a text
 * that holds them would be.
 */
void text_json_whole(struct buf *b, struct text s);
/* As text_json(), but as a YAML string, in which what lies beyond U+FFFF becomes \UXXXXXXXX. */
void text_yaml(struct buf *b, struct text s);
/* Appends one code point, or what text_terminal() shows of it. */
void text_visible(struct buf *b, uint32_t ch);
/*
 * Appends s for a terminal: control characters, bidirectional controls and surrogates become \xXX
 * or \uXXXX, a backslash stays as it is.
 */
void text_terminal(struct buf *b, struct text s);
/*
 * Appends one line: what is formatted, as text_terminal() shows it, and a newline.  Whatever is
 * said in lines, with words of a target or a file in them, goes through these, so that nothing can
 * add a line or move the cursor.
 */
void text_line(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vline(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
