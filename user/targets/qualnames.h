/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Qualified names of functions whose code objects do not hold them: looked up in the live process
 * once, then remembered.  A code object's memory may be used again, so a name counts for what
 * stands there only while function, file and line are the same.  For several threads at once.
 */
#pragma once

#include "base/arena.h"
#include "event/event.h"
#include "py/py_modules.h"

struct qualnames;

struct qualnames *qualnames_new(void); /* NULL: no memory */
void qualnames_free(struct qualnames *q);

/*
 * Fills in ev->qualname where it is missing and known already.  False: it has to be looked up in
 * the process first.
 */
bool qualnames_fill(struct qualnames *q, struct arena *arena, struct event *ev);
/* Does so, if it has not been done. */
void qualnames_find(struct qualnames *q, const struct py_view *view, const struct event *ev);
