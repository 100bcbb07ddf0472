// SPDX-License-Identifier: GPL-2.0-only
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* What everything that opens something may fail with, and what to do about it. */
static void add_limit(struct err *err)
{
	size_t len = strlen(err->msg);
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit))
		snprintf(err->msg + len, sizeof(err->msg) - len,
			 "; this process may have %llu files open: raise that limit (ulimit -n)",
			 (unsigned long long)limit.rlim_cur);
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (code == -EMFILE)
		add_limit(err);
	return code;
}

int err_prefix(struct err *err, int code, const char *fmt, ...)
{
	struct err rest;
	size_t len;
	va_list ap;

	if (!err)
		return code;
	rest = *err;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", rest.msg);
	return code;
}
