/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of user/console/pages/, which the program carries. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* Finds a file by its path. */
bool asset_find(struct text path, struct text *out, const char **type);
