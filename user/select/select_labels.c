// SPDX-License-Identifier: GPL-2.0-only
#include "select/select_labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Of one match: more are a mistake. */
#define KEYS_MAX 64
#define VALUES_MAX 256

static struct select_label *find_label(const struct select_labels *labels, struct text key)
{
	for (size_t i = 0; i < labels->count; i++) {
		struct select_label *l = &labels->list[i];

		if (strlen(l->key) == key.len && !memcmp(l->key, key.s, key.len))
			return l;
	}
	return NULL;
}

static int check(const struct select_labels *labels, const struct select_label *label,
		 struct text key, struct text value, char *message, size_t size)
{
	if (!kube_is_label_key(key))
		snprintf(message, size,
			 "the key of a label is of letters, digits, -, _ and ., 63 at the most, "
			 "behind a domain and a slash or not");
	else if (!kube_is_label_value(value))
		snprintf(message, size,
			 "the value of a label is of letters, digits, -, _ and ., 63 at the most, "
			 "and no pattern");
	else if (label ? label->nr_values == VALUES_MAX : labels->count == KEYS_MAX)
		snprintf(message, size, "there are more than %d of them",
			 label ? VALUES_MAX : KEYS_MAX);
	else
		return 0;
	return -EINVAL;
}

static struct select_label *add_key(struct select_labels *labels, struct text key)
{
	struct select_label *more =
		reallocarray(labels->list, labels->count + 1, sizeof(*labels->list));

	if (!more)
		return NULL;
	labels->list = more;
	more[labels->count] = (struct select_label){ .key = strndup(key.s, key.len) };
	return more[labels->count].key ? &more[labels->count++] : NULL;
}

int select_labels_add(struct select_labels *labels, struct text key, struct text value,
		      char *message, size_t size)
{
	struct select_label *label = find_label(labels, key);
	int ret = check(labels, label, key, value, message, size);
	char **more;

	if (ret)
		return ret;
	label = label ?: add_key(labels, key);
	if (!label)
		return -ENOMEM;
	more = reallocarray(label->values, label->nr_values + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	label->values = more;
	more[label->nr_values] = value.len ? strndup(value.s, value.len) : strdup("");
	if (!more[label->nr_values])
		return -ENOMEM;
	label->nr_values++;
	return 0;
}

static bool label_fits(const struct select_label *label, const char *value)
{
	for (size_t i = 0; value && i < label->nr_values; i++) {
		if (str_eq(label->values[i], value))
			return true;
	}
	return false;
}

bool select_labels_fit(const struct select_labels *labels, const struct kube_labels *pod)
{
	for (size_t i = 0; pod && i < labels->count; i++) {
		if (!label_fits(&labels->list[i], kube_labels_get(pod, labels->list[i].key)))
			return false;
	}
	return pod != NULL;
}

void select_labels_fini(struct select_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		for (size_t k = 0; k < labels->list[i].nr_values; k++)
			free(labels->list[i].values[k]);
		free(labels->list[i].values);
		free(labels->list[i].key);
	}
	free(labels->list);
	*labels = (struct select_labels){ 0 };
}
