/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to this folder. */
#pragma once

#include "config/config.h"
#include "yaml/yaml_read.h"

struct config_reader;

struct config_setting {
	const char *name;
	const char *in_file;				/* another name there; NULL: the same */
	const char *takes;				/* NULL: a flag, or what explain() says */
	int (*set)(struct config *c, const char *text); /* 0, -EINVAL or -ENOMEM; NULL: a flag */
	void (*explain)(struct buf *out);
	size_t at, size; /* of its member in struct config; a flag is a bool */
	bool many;	 /* may be given several times, or as a list */
	bool is_path;	 /* in a file it is relative to that file's folder */
	const char *key; /* in a file it is a mapping with this key; NULL: it is a value */
	/* in a file it is read by this; NULL: as all this says */
	void (*read)(struct config_reader *r, const struct yaml_entry *entry);
};

#define NR_CONFIG_SETTINGS 24
extern const struct config_setting config_settings[NR_CONFIG_SETTINGS];

/* Adds a copy.  0 or -ENOMEM. */
int config_add_word(struct config_words *words, const char *word);
/* Sets a flag to either. */
void config_set_flag(struct config *c, const struct config_setting *s, bool value);

struct config_reader {
	struct yaml_reader yaml;
	struct config *config;
	struct sink_config *output; /* being read */
};

/*
 * The path as it is seen from the folder of the file being read; NULL: no memory, which is noted.
 */
char *config_path(struct config_reader *r, struct text path);
/* The key `mode`, of the configuration or of a target. */
void config_read_mode(struct config_reader *r, const struct yaml_entry *entry);
/* config_targets.c: the keys `targets` and `exclude`. */
void config_read_targets(struct config_reader *r, const struct yaml_entry *entry);
void config_read_exclude(struct config_reader *r, const struct yaml_entry *entry);
/* config_labels.c: the key `labels` of a match. */
void config_read_labels(struct config_reader *r, const struct yaml_entry *entry,
			struct select_match *match);
/* config_redact.c: the key `redact`. */
void config_read_redact(struct config_reader *r, const struct yaml_entry *entry);
/* config_outputs.c: the key `outputs`. */
void config_read_outputs(struct config_reader *r, const struct yaml_entry *entry);
/* config_limit.c: the setting `rate-limit`, as one word and as a key. */
int config_set_limit(struct config *c, const char *text);
void config_read_limit(struct config_reader *r, const struct yaml_entry *entry);
/* config_rotate.c: the key `rotate` of an output. */
void config_read_rotate(struct config_reader *r, const struct yaml_entry *entry);
/* Would that output's file be moved to a name as this one is? */
bool config_rotates_to(const struct sink_config *output, const char *path);
/* config_sasl.c: of the output that is being read; and once all of it is, if `node` is there. */
void config_read_sasl(struct config_reader *r, const struct yaml_entry *entry);
void config_check_sasl(struct config_reader *r, const struct yaml_node *node);
/*
 * config_units.c: a number of bytes with K, M or G behind it; one of seconds with s, m, h or d; a
 * number from 1 on; one in a second, minute or hour, with that number as the burst.  Is it one, and
 * within these?
 */
bool config_parse_size(struct text text, uint64_t min, uint64_t max, uint64_t *out);
bool config_parse_age(struct text text, uint64_t max_s, uint64_t *out);
bool config_parse_count(struct text text, uint64_t max, uint64_t *out);
bool config_parse_rate(struct text text, struct limit_rate *out);
#define CONFIG_SIZE_MAX (1024ULL << 30)
/* Frees what outputs hold. */
void config_outputs_fini(struct config *c);
