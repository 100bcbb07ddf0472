/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tracer is to do, be it from the command line or from a file.  All of it is owned. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/ip_network.h"
#include "bpf/abi/event.h"
#include "request/request.h"
#include "rule/rule.h"
#include "select/select.h"
#include "sink/sink.h"

struct config_words {
	char **list;
	size_t count;
};

/* More outputs than this are a mistake. */
#define CONFIG_OUTPUTS_MAX 16

struct config {
	uint32_t given; /* settings, as bits: those that have been set */

	struct config_words rules; /* files and directories */
	bool disabled;		   /* rules that are disabled, too */
	struct {
		pid_t *list;
		size_t count;
	} pids;
	struct selection
		selection; /* where neither processes are named nor a program is started; only a file has it */
	struct config_redact {
		bool no_defaults;
		struct config_words patterns; /* regular expressions */
	} redact;			      /* of alerts; only a file has it */
	char *user;			      /* whom a program is run as; NULL: not given */
	enum phrude_probe probe;	      /* PROBE_NONE: auto */
	bool no_arm;			      /* never write the memory of a target */
	uint64_t count;			      /* stop after so many alerts; 0: no limit */
	double duration;		      /* seconds; 0: no limit */
	uint32_t rate;			      /* matches a second of one process; 0: no limit */
	enum sink_format format;	      /* of outputs */
	char *output;			      /* file; NULL: standard output */
	struct {
		struct sink_config *list;
		size_t count;
	} outputs; /* instead of `output`; only a file has them */
	struct config_proxies {
		struct ip_network *list;
		size_t count;
		bool unix_sockets;
	} proxies;
	struct config_words cookies;
	bool plain_session;
	bool verbose;
};

void config_init(struct config *c);
void config_fini(struct config *c);

/*
 * Reads a file, or a text by that name.  Either a configuration comes of it or messages, "FILE:LINE:COL: ..." for each mistake.
 * 0, -EINVAL or -ENOMEM.
 */
int config_load(const char *path, struct config *out, struct buf *messages);
int config_parse(const char *name, const char *text, size_t len, struct config *out,
		 struct buf *messages);
/* Is the file a configuration, and no rules?  A mapping with a `name` is a rule that is in no list. */
bool config_is_one(const char *path);
/* Takes over what `from` sets and `c` does not. */
void config_take(struct config *c, struct config *from);

/* All outputs, of which there is one at least; how many.  Their text is the configuration's. */
size_t config_sinks(const struct config *c, struct sink_config sinks[CONFIG_OUTPUTS_MAX]);
/* Loads the rules; as rule_set_load() does. */
int config_load_rules(const struct config *c, struct rule_set *out, struct buf *messages);
/* What of it is about requests; borrowed. */
struct request_opts config_request(const struct config *c);

/* One thing that can be set: by the option --NAME, or by the key NAME of a file. */
struct config_setting;

/* NULL: there is none of that name. */
const struct config_setting *config_setting(const char *name);
/* Sets it, or adds to it where there may be several.  -EINVAL: it does not take this text (NULL for a flag); -ENOMEM. */
int config_set(struct config *c, const struct config_setting *s, const char *text);
/* Appends "takes ..., not TEXT" for what was refused. */
void config_explain(struct buf *out, const struct config_setting *s, const char *text);
