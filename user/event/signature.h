/* SPDX-License-Identifier: GPL-2.0-only */
/* The signature at the head of a C function's docstring.  Private to user/event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "event/bind.h"

/*
 * Reads the parameters from `doc` ("getcwd($module, /)\n--\n\n..."), the docstring of `name`, as
 * the interpreter finds __text_signature__ (find_signature() and skip_signature() in
 * Objects/typeobject.c) and inspect reads it.  The first parameter is left out where it is marked
 * as bound by a '$'.  Names and values are copied to the arena.  Of a docstring that was cut
 * (`cut`) inside the brackets the parameters before the cut are taken.  Returns 0, -ENOENT where
 * there is no signature or it cannot be understood, -ENOSPC for more than `max` parameters,
 * -ENOMEM.
 */
int signature_parse(struct arena *arena, struct text name, struct text doc, bool cut,
		    struct param *params, size_t max, size_t *out_count);
