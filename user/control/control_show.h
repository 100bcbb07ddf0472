/* SPDX-License-Identifier: GPL-2.0-only */
/* The document of a tracer as a text for people, on a terminal. */
#pragma once

#include "base/buf.h"

struct cJSON;

void control_show(struct buf *out, const struct cJSON *doc);
/* What probes cost targets, where that is known. */
void control_show_costs(struct buf *out, const struct cJSON *doc);
/* What keeps the tracer from being well, a line each. */
void control_show_problems(struct buf *out, const struct cJSON *doc);
/* Its first line, without the end. */
void control_show_title(struct buf *out, const struct cJSON *doc);
