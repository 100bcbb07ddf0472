/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an application may make of a client's text that it means to make harmless, or as it was
 * meant.  Each gives a copy in the arena, or .s NULL where that is the text itself, nothing is
 * left of it, or there is no memory.
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"

/* "..././..././x" and "....//x" without each "../" once: "../../x", "../x". */
struct text input_without_dots(struct arena *arena, struct text s);
/* Backslashes as slashes. */
struct text input_slashed(struct arena *arena, struct text s);
/*
 * ASCII for what Unicode (NFKC) has as its wide form, U+FF01 to U+FF5E, and for U+2024, a dot of
 * another kind.
 */
struct text input_narrowed(struct arena *arena, struct text s);
/* "../../../etc/x" as "/etc/x", where it has climbed to the root. */
struct text input_from_root(struct arena *arena, struct text s);
