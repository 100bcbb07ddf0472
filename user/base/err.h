/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors: a function returns 0 or -errno, and where a person will want to know more it takes a
 * `struct err *` and leaves a sentence in it: what failed, where, and what to do.  Only the caller
 * that decides what happens next prints it, once.
 */
#pragma once

struct err {
	char msg[1024];
};

/*
 * Formats the message (err may be NULL) and returns `code`, so that it can stand in a return
 * statement.
 */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "prefix: " in front of the message. Returns `code`. */
int err_prefix(struct err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
