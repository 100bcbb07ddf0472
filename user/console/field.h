/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of an object in JSON, each with the comma behind it. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

/* "NAME":"TEXT", */
void field_text(struct buf *out, const char *name, struct text text);
/* "NAME":"TIME", as when_put() has it; 0: null */
void field_time(struct buf *out, const char *name, int64_t time);
