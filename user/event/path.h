/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of a path object of pathlib, from what it is made of.  Private to user/event. */
#pragma once

#include "base/arena.h"
#include "event/value.h"

/*
 * Makes *out the str that str(path) is.  fields: the values of a VAL_PATH node, form: its PATH_*,
 * cut: they may not be all.  A text of which only the beginning is known is cut; where not even
 * that is, it is VALUE_DEEP, and what is no path VALUE_UNREADABLE.  Returns 0 or -ENOMEM.
 */
int path_value(struct arena *arena, unsigned int form, const struct value *fields, size_t nr_fields,
	       bool cut, struct value *out);
