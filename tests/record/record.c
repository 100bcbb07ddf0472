// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces a process as the program does, and keeps each match as the ring buffer delivered it:
 *
 *   record PID RULES PROBE FILE
 *
 * Ends as the program does: on SIGINT, or with the process.  The linker puts __wrap_intake_read()
 * before intake_read(), so that everything else is the program's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "engine/engine.h"
#include "bpf/abi/event.h"

static FILE *out;

int __real_intake_read(void *ctx, const void *record, size_t size);
int __wrap_intake_read(void *ctx, const void *record, size_t size);

int __wrap_intake_read(void *ctx, const void *record, size_t size)
{
	struct ev_hdr hdr;

	memcpy(&hdr, record, sizeof(hdr));
	if (hdr.kind == EV_MATCH && fwrite(record, hdr.size, 1, out) != 1) {
		perror("record");
		exit(EXIT_FAILURE);
	}
	return __real_intake_read(ctx, record, size);
}

int main(int argc, char **argv)
{
	struct config_rules rules = { 0 };
	struct buf messages = { 0 };
	struct config config;
	struct engine_opts opts = { .config = &config };
	struct err err = { 0 };
	bool kernel;

	if (argc != 5) {
		fputs("usage: record PID RULES PROBE FILE\n", stderr);
		return 2;
	}
	config_init(&config);
	if (config_set(&config, config_setting("pid"), argv[1]) ||
	    config_set(&config, config_setting("rules"), argv[2]) ||
	    config_set(&config, config_setting("probe"), argv[3]) ||
	    config_set(&config, config_setting("output"), "/dev/null")) {
		fputs("record: these arguments are not understood\n", stderr);
		return 2;
	}
	if (config_load_rules(&config, &rules, &messages)) {
		fputs(messages.data, stderr);
		return 2;
	}
	if (policy_new(&rules, &config, 0, &opts.policy)) {
		fputs("record: out of memory\n", stderr);
		return 1;
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
	policy_unref(opts.policy);
	config_fini(&config);
	buf_fini(&messages);
	return fclose(out) ? 1 : 0;
}
