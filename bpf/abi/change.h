/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processes whose user or cgroup has changed, as PROC_CHANGED tells (event.h).  Key of the map
 * "changes": process id.  One that has an entry is not told of again: user space looks at it once
 * more before it takes the entry away.
 */
#pragma once

#include "types.h"

#define PHRUDE_CHANGES_MAX 4096

enum phrude_change {
	CHANGE_TOLD = 1,
	CHANGE_AGAIN, /* and it has changed since */
};
