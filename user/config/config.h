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
#include "limit/bucket.h"
#include "redact/redact.h"
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
	bool from_file; /* some of it is from a file */
	uint64_t fixed; /* of a file: a number for what it says that a reload does not change */

	struct config_words rules; /* files and directories */
	bool disabled;		   /* rules that are disabled, too */
	struct {
		pid_t *list;
		size_t count;
	} pids;
	/* where neither processes are named nor a program is started; only a file has it */
	struct selection selection;
	struct config_redact {
		bool no_defaults;
		struct config_words patterns; /* regular expressions */
		char *key_file;		      /* NULL: a key for this run alone */
	} redact;			      /* of alerts; only a file has it */
	char *user;			      /* whom a program is run as; NULL: not given */
	enum phrude_probe probe;	      /* PROBE_NONE: auto */
	bool no_arm;			      /* never write the memory of a target */
	uint64_t count;			      /* stop after so many alerts; 0: no limit */
	double duration;		      /* seconds; 0: no limit */
	uint32_t rate;			      /* matches a second of one process; 0: no limit */
	struct limit_rate limit;	      /* of alerts, for each rule and target */
	double max_cpu; /* percent of one CPU that probes may cost a process; 0: nobody looks */
	bool sheds;	/* rules of level info are given up for that */
	enum sink_format format; /* of outputs */
	char *output;		 /* file; NULL: standard output */
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
	bool no_redact;	 /* nothing is taken out of alerts */
	char *metrics;	 /* an address that metrics_start() takes; NULL: nobody is to ask */
	char *kube_logs; /* a folder as /var/log, where the kubelet names its pods */
	char *kube_node; /* that this is, in Kubernetes; NULL: not given */
	/* a folder with what a pod is known by to the API server; NULL: the usual one */
	char *kube_account;
	char *control; /* a socket in the file system, for those who ask how it is; NULL: none */
	bool verbose;
};

void config_words_fini(struct config_words *words);
void config_init(struct config *c);
void config_fini(struct config *c);

/*
 * Reads a file, or a text by that name.  Either a configuration comes of it or messages,
 * "FILE:LINE:COL: ..." for each mistake.  0, -EINVAL or -ENOMEM.
 */
int config_load(const char *path, struct config *out, struct buf *messages);
int config_parse(const char *name, const char *text, size_t len, struct config *out,
		 struct buf *messages);
/*
 * Is the file a configuration, and no rules?  A mapping with a `name` is a rule that is in no list.
 */
bool config_is_one(const char *path);
/* Takes over what `from` sets and `c` does not. */
void config_take(struct config *c, struct config *from);

/* All outputs, of which there is one at least; how many.  Their text is the configuration's. */
size_t config_sinks(const struct config *c, struct sink_config sinks[CONFIG_OUTPUTS_MAX]);
/* Rules that stand together in a set. */
struct config_list {
	size_t first, count;
};

struct config_rules {
	struct rule_set all;
	struct config_list common;     /* for targets that name none, and where there are none */
	struct config_list *of_target; /* by target of the selection */
};

/* Loads the rules, those of targets included; as rule_set_load() does. */
int config_load_rules(const struct config *c, struct config_rules *out, struct buf *messages);
void config_rules_fini(struct config_rules *rules);
/*
 * Are there no rules for some of what is to be traced?  The name of such a target, or "" where it
 * is not about one; NULL: there are.  discovers: processes are found by what they are.
 */
const char *config_lacks_rules(const struct config *c, bool discovers);
/*
 * What takes secrets out of alerts; NULL: nothing is to.  Without a key file all of a run go by the
 * same key.  -errno with a sentence.
 */
int config_redactor(const struct config *c, struct redact **out, struct err *err);
/* Says that secrets stay in alerts. */
void config_warn_unredacted(void);
/* What of it is about requests; borrowed. */
struct request_opts config_request(const struct config *c);

/*
 * Appends a configuration for others to read, without comments and without what may be a secret;
 * what is wrong with it stands in front, in comments.  0 or -ENOMEM.
 */
int config_show(const char *name, const char *text, size_t len, struct redact *redact,
		struct buf *out);

/* One thing that can be set: by the option --NAME, or by the key NAME of a file. */
struct config_setting;

/* NULL: there is none of that name. */
const struct config_setting *config_setting(const char *name);
/*
 * Sets it, or adds to it where there may be several.  -EINVAL: it does not take this text (NULL for
 * a flag); -ENOMEM.
 */
int config_set(struct config *c, const struct config_setting *s, const char *text);
/* Appends "takes ..., not TEXT" for what was refused. */
void config_explain(struct buf *out, const struct config_setting *s, const char *text);
