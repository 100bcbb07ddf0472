/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ownership by scope: a local declared with one of these frees what it holds when it goes out of
 * scope. Ownership leaves a function only through TAKE_PTR() or TAKE_FD().
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

/*
 * Defines the function that _cleanup_() needs for `type *` with destructor `fn` (which accepts
 * NULL).
 */
#define DEFINE_CLEANUP(name, type, fn)    \
	static inline void name(type **p) \
	{                                 \
		fn(*p);                   \
	}                                 \
	struct cleanup_wants_a_semicolon

#define TAKE_PTR(p)                        \
	({                                 \
		__typeof__(p) *_pp = &(p); \
		__typeof__(p) _v = *_pp;   \
		*_pp = NULL;               \
		_v;                        \
	})

#define TAKE_FD(fd)                \
	({                         \
		int *_pfd = &(fd); \
		int _v = *_pfd;    \
		*_pfd = -1;        \
		_v;                \
	})

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}
