/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Qualified names of functions whose code objects do not hold them: looked up in the live process once, then remembered.
 * A code object's memory may be used again, so a name counts for what stands there only while function, file and line
 * are the same.
 */
#pragma once

#include "event/event.h"
#include "py/py_modules.h"

struct qualnames;

struct qualnames *qualnames_new(const struct py_view *view); /* NULL: no memory */
void qualnames_free(struct qualnames *q);

/* Fills in ev->qualname where it is missing and can be found; what it points to is valid until the next call. */
void qualnames_fill(struct qualnames *q, struct event *ev);
