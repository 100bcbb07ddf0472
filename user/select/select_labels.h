/* SPDX-License-Identifier: GPL-2.0-only */
/* Labels that a pod has to have, all of them; of each one of several values. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "kube/labels.h"

struct select_labels {
	struct select_label {
		char *key, **values;
		size_t nr_values;
	} * list;
	size_t count;
};

/*
 * Adds a value that a label may have.  -ENOMEM, or -EINVAL with the reason in `message`: neither is
 * changed.
 */
int select_labels_add(struct select_labels *labels, struct text key, struct text value,
		      char *message, size_t size);
/* NULL: what the pod has is not known, which fits nothing. */
bool select_labels_fit(const struct select_labels *labels, const struct kube_labels *pod);
void select_labels_fini(struct select_labels *labels);
