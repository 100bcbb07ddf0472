/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encodings that an application may undo before it uses a client's text.  Each gives a copy in the
 * arena, or .s NULL where there is nothing to undo, the text is not of that encoding, or there is
 * no memory.
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"

/* %XX; with plus, `+` is a blank.  Bytes that are no UTF-8 stay as they are. */
struct text input_unquote(struct arena *arena, struct text s, bool plus);
/*
 * As frameworks do with what is no UTF-8: U+FFFD in its place.  Gives back `s` itself if it is
 * valid.
 */
struct text input_valid_utf8(struct arena *arena, struct text s);
/* The standard alphabet and the one for URLs, with or without padding, 8 bytes or more. */
struct text input_unbase64(struct arena *arena, struct text s);
/* The escapes of a JSON string: \n, \", \u0041. */
struct text input_unescape(struct arena *arena, struct text s);
/* &lt; &gt; &amp; &quot; &apos; and numbers. */
struct text input_unentity(struct arena *arena, struct text s);
