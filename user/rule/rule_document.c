// SPDX-License-Identifier: GPL-2.0-only
#include "rule/rule_document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An empty document at the end, or NULL. */
static struct rule_document *append(struct rule_documents *docs, const char *path)
{
	struct rule_document *doc = calloc(1, sizeof(*doc));

	if (!doc)
		return NULL;
	doc->path = strdup(path);
	if (!doc->path) {
		free(doc);
		return NULL;
	}
	if (docs->last)
		docs->last->next = doc;
	else
		docs->first = doc;
	docs->last = doc;
	return doc;
}

int rule_documents_add(struct rule_documents *docs, const char *path, const char *text, size_t len)
{
	struct rule_document *doc = append(docs, path);

	return doc ? yaml_tree_read(&doc->arena, text, len, &doc->diag, &doc->tree) : -ENOMEM;
}

int rule_documents_add_failure(struct rule_documents *docs, const char *path, const char *message)
{
	struct rule_document *doc = append(docs, path);

	if (!doc)
		return -ENOMEM;
	rule_diag_show_path(&doc->failure, path, "%s", message);
	return doc->failure.failed ? -ENOMEM : 0;
}

int rule_documents_show(struct rule_documents *docs, struct buf *messages)
{
	int ret = 0;

	for (struct rule_document *doc = docs->first; doc; doc = doc->next) {
		int err = rule_diag_show(&doc->diag, doc->path, messages);

		if (err == -ENOMEM)
			return err;
		if (doc->failure.len) {
			buf_add(messages, doc->failure.data, doc->failure.len);
			err = -EINVAL;
		}
		if (err)
			ret = err;
	}
	return messages->failed ? -ENOMEM : ret;
}

void rule_documents_fini(struct rule_documents *docs)
{
	struct rule_document *next;

	for (struct rule_document *doc = docs->first; doc; doc = next) {
		next = doc->next;
		arena_fini(&doc->arena);
		rule_diag_fini(&doc->diag);
		buf_fini(&doc->failure);
		free(doc->path);
		free(doc);
	}
	*docs = (struct rule_documents){ 0 };
}
