/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An output with a spool is two: this one puts all alerts on the disk, and gives them from there to
 * the one that sends them, as fast as that one takes them.  What it has not sent when the process
 * ends, however it ends, is sent by the next one.
 */
#pragma once

#include "sink/sink.h"

extern const struct sink_ops spool_sink_ops;
