/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names by which a request is found in what an application holds of it: of locals, attributes,
 * keys, types and functions.  They stand in user/request/request_names.c, and are written into
 * cfg_names before the programs are loaded.  A row of zeros is the end of its table.
 */
#pragma once

#include "event.h"

/* Names, padded with NULs. */
union text16 {
	char c[16];
	__u64 w[2];
};

union text24 {
	char c[24];
	__u64 w[3];
};

union text32 {
	char c[32];
	__u64 w[4];
};

/* What a local is worth. */
enum request_role {
	ROLE_NONE = 1, /* nothing, though it stands where an environ or a scope may */
	ROLE_DICT,     /* may be an environ or a scope */
	ROLE_OBJECT,   /* may have one as an attribute */
	ROLE_ROOT,     /* something to follow */
};

/*
 * What else is known by the names of entries than what is sent (enum ev_request_field): ways to it.
 */
enum request_found {
	FOUND_TYPE = NR_EV_REQ, /* of an ASGI scope */
	FOUND_SCOPE_METHOD,
	FOUND_SCOPE_PATH,
	FOUND_HEADERS,
	FOUND_ENVIRON, /* of request objects */
	FOUND_SCOPE,
	FOUND_REQUEST, /* of a handler of Tornado; and of its request: */
	FOUND_URI,
	FOUND_REMOTE_IP,
	FOUND_MESSAGE, /* of a request of aiohttp */
	FOUND_PEERNAME,
	FOUND_AS_LIST,	 /* of its HTTPHeaders */
	FOUND_FUTURE,	 /* of _WorkItem */
	FOUND_CALLBACKS, /* of concurrent.futures.Future */
	FOUND_PARENT,	 /* of TaskGroup */
	FOUND_HOLDER,	 /* of an environ: a request object */
	FOUND_INNER,	 /* of a request object: another one, which it is about */
	FOUND_RAW,	 /* the body: bytes, or a BytesIO */
	FOUND_FORM,	 /* a dict, or an object that has FOUND_PAIRS */
	FOUND_DATA,	 /* what JSON became */
	FOUND_FILES,	 /* uploads */
	FOUND_PAIRS,	 /* a list of (name, value) */
	FOUND_FILENAME,	 /* of an upload */
	NR_FOUND,
};

/* Objects that lead from one to the next, to whoever awaits them. */
enum request_kind {
	KIND_OTHER,
	KIND_TASK,
	KIND_FUTURE,
	KIND_COROUTINE,
	KIND_WRAPPER, /* what makes a task go on, up to 3.9, and its first step */
	KIND_CFUNCTION,
	KIND_FUNCTION,
	KIND_METHOD,
	KIND_PARTIAL,
	KIND_HANDLE,
	KIND_WORK_ITEM,
	KIND_CONCURRENT, /* concurrent.futures.Future */
	KIND_GROUP,
	KIND_BYTES_IO,
};

struct request_local {
	union text16 name;
	__u32 param; /* parameters only */
	__u32 role;  /* enum request_role */
};

/* A function of which one local leads on; the file's last 16 characters. */
struct request_function {
	union text16 func, file, local;
	__u64 role;
};

/* An entry of a dict, or an attribute; a header, in whichever case. */
struct request_entry {
	union text24 name;
	__u64 field; /* 1 + enum ev_request_field or request_found */
};

/* A type by its tp_name. */
struct request_type {
	union text32 name;
	__u64 kind; /* enum request_kind */
};

/* A function that passes on the result of a future that it was added to. */
struct request_callback {
	union text24 func;
	union text16 file; /* the last 16 characters */
};

/*
 * Powers of two, so that a mask bounds an index: kernels before 6.5 do not track a bound from a
 * 32-bit comparison.
 */
#define REQUEST_LOCALS_MAX 32
#define REQUEST_FUNCTIONS_MAX 16
#define REQUEST_ENTRIES_MAX 64
#define REQUEST_HEADERS_MAX 16
#define REQUEST_TYPES_MAX 32
#define REQUEST_CALLBACKS_MAX 16
#define REQUEST_SCOPES_MAX 4
#define REQUEST_BUCKETS 256
#define REQUEST_DULL_MAX 16

struct request_names {
	struct request_local locals[REQUEST_LOCALS_MAX];
	struct request_function functions[REQUEST_FUNCTIONS_MAX];
	struct request_entry headers[REQUEST_HEADERS_MAX];
	struct request_type types[REQUEST_TYPES_MAX];
	struct request_callback callbacks[REQUEST_CALLBACKS_MAX];
	union text16 scopes[REQUEST_SCOPES_MAX]; /* types of an ASGI scope that is a request */
	/*
	 * Each entry of each dict that is looked at is looked up here, so there is at most one
	 * entry in a bucket: the seed is chosen for that. The buckets have the number of an entry
	 * from 1 on.
	 */
	__u64 seed;
	__u8 buckets[REQUEST_BUCKETS];
	struct request_entry entries[REQUEST_ENTRIES_MAX];
	/*
	 * Headers that nothing is made of: the first three letters of their names, of which bit 5
	 * is set; 0: no more.
	 */
	__u32 dull[REQUEST_DULL_MAX];
};

/* The first letters of a header's name as in request_names.dull. */
static inline __attribute__((always_inline)) __u32 request_letters(__u64 name)
{
	return (name | 0x202020) & 0xffffff;
}

static inline __attribute__((always_inline)) __u32 request_bucket(__u64 seed, __u64 w0, __u64 w1,
								  __u64 w2)
{
	return (((w0 * seed ^ w1) * seed ^ w2) * seed >> 56) & (REQUEST_BUCKETS - 1);
}
