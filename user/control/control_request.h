/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client of the control socket asks for: a line each. */
#pragma once

#include <stddef.h>

/* Longer lines are no request. */
#define CONTROL_LINE_MAX 64

enum control_request {
	CONTROL_UNKNOWN,
	CONTROL_STATUS, /* how the tracer is */
	/* the same, and from then on, while the client is there, the kernel times BPF programs */
	CONTROL_WATCH,
};

/* The line is without its end. */
enum control_request control_request_parse(const char *line, size_t len);
