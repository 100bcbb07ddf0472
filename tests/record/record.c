// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces a process as the program does, and keeps each match as the ring buffer delivered it:
 *
 *   record PID RULES PROBE FILE
 *
 * Ends as the program does: on SIGINT, or with the process.  The linker puts __wrap_engine_record() before
 * engine_record(), so that everything else is the program's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach/attach.h"
#include "engine/engine.h"
#include "engine/engine_priv.h"
#include "sink/sinks.h"

static FILE *out;

int __real_engine_record(void *ctx, const void *record, size_t size);
int __wrap_engine_record(void *ctx, const void *record, size_t size);

int __wrap_engine_record(void *ctx, const void *record, size_t size)
{
	struct ev_hdr hdr;

	memcpy(&hdr, record, sizeof(hdr));
	if (hdr.kind == EV_MATCH && fwrite(record, hdr.size, 1, out) != 1) {
		perror("record");
		exit(EXIT_FAILURE);
	}
	return __real_engine_record(ctx, record, size);
}

int main(int argc, char **argv)
{
	struct rule_set rules = { 0 };
	struct buf messages = { 0 };
	struct sink_config output = { .ops = sink_type("file"), .path = "/dev/null" };
	struct engine_opts opts = {
		.rules = &rules, .nr_pids = 1, .outputs = &output, .nr_outputs = 1
	};
	struct err err = { 0 };
	const struct probe_kind *kind;
	bool kernel;
	pid_t pid;

	kind = argc == 5 ? probe_kind_by_name(argv[3]) : NULL;
	if (!kind) {
		fputs("usage: record PID RULES PROBE FILE\n", stderr);
		return 2;
	}
	pid = atoi(argv[1]);
	opts.pids = &pid;
	opts.probe = kind->probe;
	if (rule_set_load((const char *const *)&argv[2], 1, false, &rules, &messages)) {
		fputs(messages.data, stderr);
		return 2;
	}
	out = fopen(argv[4], "wb");
	if (!out) {
		perror(argv[4]);
		return 1;
	}
	if (engine_run(&opts, &kernel, &err)) {
		fprintf(stderr, "record: %s\n", err.msg);
		return 1;
	}
	rule_set_fini(&rules);
	buf_fini(&messages);
	return fclose(out) ? 1 : 0;
}
