/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tables of a store are, and how those of an older version become today's. */
#pragma once

#include "base/err.h"

struct db;

/*
 * Brings the store to today's version, in one transaction; a store from before any version gets all
 * tables.  -EINVAL with a sentence if a newer program has made it.
 */
int schema_migrate(struct db *db, struct err *err);
