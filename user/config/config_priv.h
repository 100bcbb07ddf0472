/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to this folder. */
#pragma once

#include "config/config.h"
#include "yaml/yaml_read.h"

struct config_setting {
	const char *name;
	const char *takes;				/* NULL: a flag, or what explain() says */
	int (*set)(struct config *c, const char *text); /* 0, -EINVAL or -ENOMEM; NULL: a flag */
	void (*explain)(struct buf *out);
	size_t at, size; /* of its member in struct config; a flag is a bool */
	bool many;	 /* may be given several times, or as a list */
	bool is_path;	 /* in a file it is relative to that file's folder */
};

#define NR_CONFIG_SETTINGS 15
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

/* The path as it is seen from the folder of the file being read; NULL: no memory, which is noted. */
char *config_path(struct config_reader *r, struct text path);
/* The key `mode`, of the configuration or of a target. */
void config_read_mode(struct config_reader *r, const struct yaml_entry *entry);
/* config_targets.c: the keys `targets` and `exclude`. */
void config_read_targets(struct config_reader *r, const struct yaml_entry *entry);
void config_read_exclude(struct config_reader *r, const struct yaml_entry *entry);
/* config_redact.c: the key `redact`. */
void config_read_redact(struct config_reader *r, const struct yaml_entry *entry);
/* config_outputs.c: the key `outputs`. */
void config_read_outputs(struct config_reader *r, const struct yaml_entry *entry);
/* Frees what outputs hold. */
void config_outputs_fini(struct config *c);
