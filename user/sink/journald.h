/* SPDX-License-Identifier: GPL-2.0-only */
/* systemd's journal, by the protocol of its socket (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#pragma once

#include "sink/sink.h"

extern const struct sink_ops journald_ops;
