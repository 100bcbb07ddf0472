/* SPDX-License-Identifier: GPL-2.0-only */
/* What an output is to be like. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/rule.h"

enum sink_format {
	SINK_AUTO,
	SINK_JSON,
	SINK_TEXT,
	SINK_ECS,
	SINK_OCSF,
	SINK_CEF,
	SINK_OTLP,
	NR_SINK_FORMATS
};

/* Of all but SINK_AUTO. */
extern const char *const sink_format_names[NR_SINK_FORMATS];

/* What only some types take: bits of sink_ops.takes and .needs. */
enum sink_key {
	SINK_KEY_PATH = 1 << 0,
	SINK_KEY_ADDRESS = 1 << 1,
	SINK_KEY_CA_FILE = 1 << 2,
	SINK_KEY_URL = 1 << 3,
	SINK_KEY_HEADERS_FILE = 1 << 4,
	SINK_KEY_TEMPLATE = 1 << 5,
	SINK_KEY_KEY_FILE = 1 << 6,
	SINK_KEY_SPOOL = 1 << 7,
	SINK_KEY_BROKERS = 1 << 8,
	SINK_KEY_TOPIC = 1 << 9,
	SINK_KEY_KEY = 1 << 10,
	SINK_KEY_ROTATE = 1 << 11,
	SINK_KEY_SASL = 1 << 12,
};

/* By what Kafka spreads alerts over partitions; in the order in which WRITTEN_KEYED has them. */
enum sink_kafka_key {
	SINK_BY_NOTHING,
	SINK_BY_HOST,
	SINK_BY_SESSION,
	SINK_BY_RULE,
	NR_SINK_KAFKA_KEYS
};

/* When a file is moved away, and how many of them are kept; 0 kept: never. */
struct sink_rotation {
	uint64_t size;	/* bytes; 0: of any size */
	uint64_t age_s; /* 0: of any age */
	unsigned int keep;
};

struct sink_ops;

/* Text that is NULL is not given. */
struct sink_config {
	const struct sink_ops *ops; /* of its type */
	const char *path;	    /* of a file */
	struct sink_rotation rotation;
	const char *address; /* as address_parse() takes it */
	const char *ca_file; /* certificates that a peer's is to be signed by; NULL: the system's */
	const char *url;
	const char *brokers, *topic;
	enum sink_kafka_key key;
	struct sink_sasl {
		const char *mechanism; /* a literal; NULL: nobody is asked who he is */
		const char *user, *password_file;
	} sasl;
	const char *headers_file; /* headers of requests, which may be secret */
	const char *template;	  /* "slack", or a file */
	const char *key_file;	  /* with the key that a console knows the sender by */
	const char *name;	  /* for messages */
	struct {
		const char *path; /* of its folder; NULL: it has none */
		uint64_t size;
		const struct sink_ops *sender; /* who sends what is in it, see spool_sink.h */
		bool kept;    /* by whoever gives alerts to this one: nothing is lost here */
		bool awaited; /* the folder is another output's yet, which will let go of it */
	} spool;
	enum sink_format format; /* SINK_AUTO: text on a terminal, else JSON */
	enum rule_level level;	 /* the least that it takes */
	size_t queue;		 /* alerts; 0: SINK_QUEUE */
};

/* Copies it, for sink_config_fini().  -ENOMEM */
int sink_config_copy(const struct sink_config *config, struct sink_config *out);
/* Frees its text. */
void sink_config_fini(struct sink_config *config);
/* Would both make the same output? */
bool sink_config_equal(const struct sink_config *a, const struct sink_config *b);
/* Of the files that it names and that are read once, as they are now: see base/stamp.h. */
uint64_t sink_config_stamp(const struct sink_config *config);
