/* SPDX-License-Identifier: GPL-2.0-only */
/* What a machine is, as far as tracing depends on it; nothing that names it or who uses it. */
#pragma once

#include "base/buf.h"

void machine_describe(struct buf *out);
