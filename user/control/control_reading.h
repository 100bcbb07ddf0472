/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the document of a tracer, which may be of another version: what is not there counts as
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

struct cJSON;

/* NULL with a sentence: it is none, or says nothing but an error. */
struct cJSON *control_read(const char *text, size_t len, struct err *err);
void control_read_free(struct cJSON *doc); /* NULL is allowed, here and below */
DEFINE_CLEANUP(control_read_freep, struct cJSON, control_read_free);

const struct cJSON *control_get(const struct cJSON *object, const char *key);
const char *control_str(const struct cJSON *object, const char *key); /* NULL: no text */
/* Never below zero, and never infinite. */
double control_num(const struct cJSON *object, const char *key);
bool control_flag(const struct cJSON *object, const char *key);

/* "12 s", "3 min 4 s", "5 h 6 min", "7 d 8 h". */
void control_add_duration(struct buf *out, double seconds);
/* A sum over the members of an object. */
double control_sum(const struct cJSON *object);
