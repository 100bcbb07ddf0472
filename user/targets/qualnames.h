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

struct qualnames *qualnames_new(void); /* NULL: no memory */
void qualnames_free(struct qualnames *q);

/* Fills in ev->qualname where it is missing and known already; what it points to is valid until the next call. */
void qualnames_fill(struct qualnames *q, struct event *ev);
/* Would it have to be looked up in the process? */
bool qualnames_unknown(struct qualnames *q, const struct event *ev);
/* Does so, and fills it in. */
void qualnames_find(struct qualnames *q, const struct py_view *view, struct event *ev);
