// SPDX-License-Identifier: GPL-2.0-only
#include "yaml/yaml_document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/trust.h"

#define FILE_SIZE_MAX ((size_t)4 << 20)

/* An empty document at the end, or NULL. */
static struct yaml_document *append_document(struct yaml_documents *docs, const char *path)
{
	struct yaml_document *doc = calloc(1, sizeof(*doc));

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

int yaml_documents_add(struct yaml_documents *docs, const char *path, const char *text, size_t len)
{
	struct yaml_document *doc = append_document(docs, path);

	return doc ? yaml_tree_read(&doc->arena, text, len, &doc->diag, &doc->tree) : -ENOMEM;
}

int yaml_documents_add_failure(struct yaml_documents *docs, const char *path, const char *message)
{
	struct yaml_document *doc = append_document(docs, path);

	if (!doc)
		return -ENOMEM;
	yaml_diag_show_path(&doc->failure, path, "%s", message);
	return doc->failure.failed ? -ENOMEM : 0;
}

/*
 * Reads all of fd.  Returns 0, -EFBIG beyond the bound (the size that stat() gives may be
 * outdated), -errno.
 */
static int read_all(int fd, struct buf *out)
{
	char chunk[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return out->failed ? -ENOMEM : 0;
		if (out->len + n > FILE_SIZE_MAX)
			return -EFBIG;
		buf_add(out, chunk, n);
	}
}

static int fail_to_load(struct yaml_documents *docs, const char *path, int err)
{
	char message[256];

	if (err == -EFBIG)
		snprintf(message, sizeof(message), "larger than %zu MiB, which no such file is",
			 FILE_SIZE_MAX >> 20);
	else
		snprintf(message, sizeof(message), "cannot be read: %s", strerror(-err));
	return yaml_documents_add_failure(docs, path, message) ?: err;
}

int yaml_documents_load(struct yaml_documents *docs, const char *path, struct stat *st)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_close_ int fd = -1;
	int err;

	/* Should it have become a FIFO since stat(), opening it must not wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	err = fd < 0 || fstat(fd, st) ? -errno : read_all(fd, &text);
	if (err == -ENOMEM)
		return err;
	if (err)
		return fail_to_load(docs, path, err);
	return yaml_documents_add(docs, path, text.data ? text.data : "", text.len);
}

/* "can be written by ...", if others decide by the file what root does. */
static bool say_who_writes(const struct stat *st, const char *what, char *out, size_t size)
{
	if (geteuid() || !S_ISREG(st->st_mode) || !trust_others_write(st))
		return false;
	snprintf(out, size,
		 "can be written by others than root (user %u, group %u, mode %04o): they decide "
		 "what %s",
		 st->st_uid, st->st_gid, st->st_mode & 07777, what);
	return true;
}

bool yaml_warn_of_others(const char *path, const struct stat *st, const char *what)
{
	char why[256];
	bool others = say_who_writes(st, what, why, sizeof(why));

	if (others)
		log_warn("%s %s", path, why);
	return others;
}

int yaml_documents_refuse_others(struct yaml_documents *docs, const char *path,
				 const struct stat *st, const char *what)
{
	char why[256];

	return say_who_writes(st, what, why, sizeof(why))
		       ? yaml_documents_add_failure(docs, path, why) ?: -EPERM
		       : 0;
}

int yaml_documents_show(struct yaml_documents *docs, struct buf *messages)
{
	int ret = 0;

	for (struct yaml_document *doc = docs->first; doc; doc = doc->next) {
		int err = yaml_diag_show(&doc->diag, doc->path, messages);

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

void yaml_documents_fini(struct yaml_documents *docs)
{
	struct yaml_document *next;

	for (struct yaml_document *doc = docs->first; doc; doc = next) {
		next = doc->next;
		arena_fini(&doc->arena);
		yaml_diag_fini(&doc->diag);
		buf_fini(&doc->failure);
		free(doc->path);
		free(doc);
	}
	*docs = (struct yaml_documents){ 0 };
}
