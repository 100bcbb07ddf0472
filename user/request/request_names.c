// SPDX-License-Identifier: GPL-2.0-only
/* A framework that calls things otherwise is a row or two here. */
#include "request/request_names.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"

/* Locals with these names, wherever they stand. */
static const struct {
	const char *name;
	enum request_role role;
	bool param; /* parameters only */
} locals[] = {
	{ "environ", ROLE_DICT, false },
	{ "scope", ROLE_DICT, false },
	{ "env", ROLE_DICT, true },
	{ "wsgi_environ", ROLE_DICT, true },
	{ "request", ROLE_OBJECT, true },
	{ "req", ROLE_OBJECT, true },
	{ "_request", ROLE_OBJECT, true },
	{ "self", ROLE_NONE, true },
	{ "start_response", ROLE_NONE, true },
	{ "receive", ROLE_NONE, true },
};

/* Functions of which one local leads on. */
static const struct {
	const char *func, *file, *local;
	enum request_role role;
} functions[] = {
	{ "run", "anyio/_backends/_asyncio.py", "future", ROLE_ROOT }, /* WorkerThread */
	{ "run", "concurrent/futures/thread.py", "self", ROLE_ROOT },  /* _WorkItem */
	{ "thread_handler", "/asgiref/sync.py", "source_task", ROLE_ROOT },
	{ "_run", "asyncio/events.py", "self", ROLE_ROOT }, /* Handle */
	{ "finish_response", "wsgiref/handlers.py", "self", ROLE_OBJECT },
	{ "process_result", "gevent/pywsgi.py", "self", ROLE_OBJECT },
	{ "_execute", "packages/tornado/web.py", "self", ROLE_OBJECT }, /* RequestHandler */
};

/* What is in those locals. */
static const struct entry {
	const char *name;
	int field; /* enum ev_request_field or request_found */
} entries[] = {
	/* a WSGI environ */
	{ "REQUEST_METHOD", EV_REQ_METHOD },
	{ "PATH_INFO", EV_REQ_PATH },
	{ "SCRIPT_NAME", EV_REQ_ROOT },
	{ "QUERY_STRING", EV_REQ_QUERY },
	{ "REMOTE_ADDR", EV_REQ_PEER },
	{ "SERVER_NAME", EV_REQ_SERVER_NAME },
	{ "HTTP_HOST", EV_REQ_HOST },
	{ "HTTP_USER_AGENT", EV_REQ_USER_AGENT },
	{ "HTTP_X_FORWARDED_FOR", EV_REQ_FORWARDED_FOR },
	{ "HTTP_X_REAL_IP", EV_REQ_REAL_IP },
	{ "HTTP_FORWARDED", EV_REQ_FORWARDED },
	{ "HTTP_COOKIE", EV_REQ_COOKIE },
	{ "HTTP_TRACEPARENT", EV_REQ_TRACEPARENT },
	{ "CONTENT_TYPE", EV_REQ_CONTENT_TYPE },
	/* an ASGI scope */
	{ "type", FOUND_TYPE },
	{ "method", FOUND_SCOPE_METHOD },
	{ "path", FOUND_SCOPE_PATH },
	{ "root_path", EV_REQ_ROOT },
	{ "query_string", EV_REQ_QUERY },
	{ "client", EV_REQ_PEER },
	{ "headers", FOUND_HEADERS },
	/* of an environ, what is known of the body */
	{ "werkzeug.request", FOUND_HOLDER },
	{ "wsgi.input", FOUND_RAW }, /* waitress; Bottle and WebOb put it there */
	/* attributes of request objects */
	{ "environ", FOUND_ENVIRON },
	{ "scope", FOUND_SCOPE },
	{ "request", FOUND_REQUEST }, /* Tornado */
	{ "uri", FOUND_URI },
	{ "remote_ip", FOUND_REMOTE_IP },
	{ "_as_list", FOUND_AS_LIST },
	{ "_message", FOUND_MESSAGE }, /* aiohttp */
	{ "_transport_peername", FOUND_PEERNAME },
	{ "_request", FOUND_INNER }, /* Django REST framework */
	/* their bodies */
	{ "_body", FOUND_RAW },		/* Django, Starlette */
	{ "_cached_data", FOUND_RAW },	/* Werkzeug */
	{ "_read_bytes", FOUND_RAW },	/* aiohttp */
	{ "body", FOUND_RAW },		/* Tornado */
	{ "form", FOUND_FORM },		/* Werkzeug */
	{ "_post", FOUND_FORM },	/* Django */
	{ "_form", FOUND_FORM },	/* Starlette */
	{ "_data", FOUND_DATA },	/* Django REST framework */
	{ "files", FOUND_FILES },	/* Werkzeug */
	{ "_files", FOUND_FILES },	/* Django */
	{ "_list", FOUND_PAIRS },	/* Starlette's FormData */
	{ "filename", FOUND_FILENAME }, /* uploads of Werkzeug, Starlette */
	{ "_name", FOUND_FILENAME },	/* Django */
	/* attributes of what is followed */
	{ "future", FOUND_FUTURE },
	{ "_done_callbacks", FOUND_CALLBACKS },
	{ "_parent_task", FOUND_PARENT },
};

/* Headers of an ASGI scope, or of a request as it came over the wire. */
static const struct entry headers[] = {
	{ "host", EV_REQ_HOST },
	{ "user-agent", EV_REQ_USER_AGENT },
	{ "x-forwarded-for", EV_REQ_FORWARDED_FOR },
	{ "x-real-ip", EV_REQ_REAL_IP },
	{ "forwarded", EV_REQ_FORWARDED },
	{ "cookie", EV_REQ_COOKIE },
	{ "traceparent", EV_REQ_TRACEPARENT },
	{ "content-type", EV_REQ_CONTENT_TYPE },
};

/*
 * Headers of which nothing is made, by their first letters: Accept, Cache-Control, Connection,
 * Content-Length, DNT, If-, Keep-Alive, Pragma, Priority, Sec-, Upgrade.  A browser sends them with
 * each request.
 */
static const char dull[][4] = { "acc", "cac", "con", "dnt", "if-", "if_",
				"kee", "pra", "pri", "sec", "upg" };

/* A "lifespan" scope is no request. */
static const char *const scopes[] = { "http", "websocket" };

static const struct {
	const char *name; /* tp_name */
	enum request_kind kind;
} types[] = {
	{ "_asyncio.Task", KIND_TASK },
	{ "_asyncio.Future", KIND_FUTURE },
	{ "_GatheringFuture", KIND_FUTURE },
	{ "coroutine", KIND_COROUTINE },
	{ "TaskStepMethWrapper", KIND_WRAPPER },
	{ "TaskWakeupMethWrapper", KIND_WRAPPER },
	{ "_asyncio.TaskStepMethWrapper", KIND_WRAPPER },
	{ "functools.partial", KIND_PARTIAL },
	{ "Handle", KIND_HANDLE },
	{ "_WorkItem", KIND_WORK_ITEM },
	{ "Future", KIND_CONCURRENT },
	{ "TaskGroup", KIND_GROUP },
	{ "_io.BytesIO", KIND_BYTES_IO },
};

/* Functions of asyncio that pass on the result of a future that they were added to. */
static const struct {
	const char *func, *file;
} callbacks[] = {
	{ "_done_callback", "asyncio/tasks.py" },	/* gather */
	{ "_inner_done_callback", "asyncio/tasks.py" }, /* shield */
	{ "_on_completion", "asyncio/tasks.py" },	/* wait */
	{ "_release_waiter", "asyncio/tasks.py" },	/* wait_for, in a partial */
	{ "_on_task_done", "asyncio/taskgroups.py" },
	{ "_call_set_state", "asyncio/futures.py" }, /* wrap_future */
	{ "<lambda>", "tornado/ioloop.py" },	     /* IOLoop.run_in_executor and add_future */
};

/* False if it does not fit. */
static bool put_name(char *to, size_t size, const char *name)
{
	size_t len = strlen(name);

	if (!len || len > size)
		return false;
	for (size_t i = 0; i < len; i++)
		to[i] = name[i];
	return true;
}

/* The end of a path. */
static bool put_tail(union text16 *to, const char *file)
{
	size_t len = strlen(file);

	return len >= sizeof(to->c) && put_name(to->c, sizeof(to->c), file + len - sizeof(to->c));
}

static bool fill_locals(struct request_names *n)
{
	bool ok = ARRAY_SIZE(locals) <= ARRAY_SIZE(n->locals);

	for (size_t i = 0; ok && i < ARRAY_SIZE(locals); i++) {
		n->locals[i].param = locals[i].param;
		n->locals[i].role = locals[i].role;
		ok = put_name(n->locals[i].name.c, sizeof(n->locals[i].name), locals[i].name);
	}
	return ok;
}

static bool fill_functions(struct request_names *n)
{
	bool ok = ARRAY_SIZE(functions) <= ARRAY_SIZE(n->functions);

	for (size_t i = 0; ok && i < ARRAY_SIZE(functions); i++) {
		struct request_function *f = &n->functions[i];

		f->role = functions[i].role;
		ok = put_name(f->func.c, sizeof(f->func), functions[i].func) &&
		     put_name(f->local.c, sizeof(f->local), functions[i].local) &&
		     put_tail(&f->file, functions[i].file);
	}
	return ok;
}

static bool fill_entries(struct request_entry *to, size_t max, const struct entry *from,
			 size_t count)
{
	bool ok = count <= max;

	for (size_t i = 0; ok && i < count; i++) {
		to[i].field = from[i].field + 1;
		ok = put_name(to[i].name.c, sizeof(to[i].name), from[i].name);
	}
	return ok;
}

static bool fill_types(struct request_names *n)
{
	bool ok = ARRAY_SIZE(types) <= ARRAY_SIZE(n->types);

	for (size_t i = 0; ok && i < ARRAY_SIZE(types); i++) {
		n->types[i].kind = types[i].kind;
		/* It is read as a C string. */
		ok = put_name(n->types[i].name.c, sizeof(n->types[i].name) - 1, types[i].name);
	}
	return ok;
}

static bool fill_callbacks(struct request_names *n)
{
	bool ok = ARRAY_SIZE(callbacks) <= ARRAY_SIZE(n->callbacks);

	for (size_t i = 0; ok && i < ARRAY_SIZE(callbacks); i++)
		ok = put_name(n->callbacks[i].func.c, sizeof(n->callbacks[i].func),
			      callbacks[i].func) &&
		     put_tail(&n->callbacks[i].file, callbacks[i].file);
	return ok;
}

static bool fill_scopes(struct request_names *n)
{
	bool ok = ARRAY_SIZE(scopes) <= ARRAY_SIZE(n->scopes);

	for (size_t i = 0; ok && i < ARRAY_SIZE(scopes); i++)
		ok = put_name(n->scopes[i].c, sizeof(n->scopes[i]), scopes[i]);
	return ok;
}

static bool fill_dull(struct request_names *n)
{
	bool ok = ARRAY_SIZE(dull) <= ARRAY_SIZE(n->dull);

	for (size_t i = 0; ok && i < ARRAY_SIZE(dull); i++)
		n->dull[i] = request_letters((__u64)dull[i][0] | (__u64)dull[i][1] << 8 |
					     (__u64)dull[i][2] << 16);
	return ok;
}

/* With that seed: false if two entries come into one bucket. */
static bool fill_buckets(struct request_names *n, uint64_t seed)
{
	n->seed = seed;
	memset(n->buckets, 0, sizeof(n->buckets));
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		const __u64 *w = n->entries[i].name.w;
		__u8 *bucket = &n->buckets[request_bucket(seed, w[0], w[1], w[2])];

		if (*bucket)
			return false;
		*bucket = i + 1;
	}
	return true;
}

#define SEEDS 1000000

/* Of odd numbers that have bits everywhere. */
static bool find_seed(struct request_names *n)
{
	uint64_t seed = 0x9e3779b97f4a7c15;

	for (int i = 0; i < SEEDS; i++) {
		if (fill_buckets(n, seed))
			return true;
		seed = seed * 0x5851f42d4c957f2d + 2;
	}
	return false;
}

int request_names_fill(struct request_names *n)
{
	memset(n, 0, sizeof(*n));
	return fill_locals(n) && fill_functions(n) && fill_types(n) && fill_callbacks(n) &&
			       fill_scopes(n) && fill_dull(n) &&
			       fill_entries(n->headers, ARRAY_SIZE(n->headers), headers,
					    ARRAY_SIZE(headers)) &&
			       fill_entries(n->entries, ARRAY_SIZE(n->entries), entries,
					    ARRAY_SIZE(entries)) &&
			       find_seed(n)
		       ? 0
		       : -E2BIG;
}
