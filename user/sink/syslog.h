/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of RFC 5424: a datagram each (RFC 5426), or one behind the other in a stream, with the
 * length of each before it (RFC 6587, RFC 5425); in the stream of a local socket they are lines.  A
 * stream tells nobody what has arrived: what the kernel had taken when the other end went is lost
 * unseen.
 */
#pragma once

#include "sink/sink.h"

extern const struct sink_ops syslog_ops;
