// SPDX-License-Identifier: GPL-2.0-only
/* Finding and reading the files behind --rules, and those of test cases. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "rule/rule_case.h"
#include "rule/rule_reader.h"

#define DIR_DEPTH_MAX 32

struct dir_id {
	dev_t dev;
	ino_t ino;
};

struct loader {
	struct yaml_documents docs;
	bool cases;   /* files of test cases are looked for, not rules */
	bool refuses; /* files that others can write */
	bool failed;  /* a file could not be read */
	bool nomem;
	bool warned; /* of a file that others can write */

	/* of one directory named by the user: */
	struct dir_id *seen; /* each is read once, so links that lead back end the walk */
	size_t nr_seen;
	unsigned int depth;
	size_t nr_files;
};

static void loader_fini(struct loader *l)
{
	yaml_documents_fini(&l->docs);
	free(l->seen);
}

__attribute__((format(printf, 3, 4))) static void fail(struct loader *l, const char *path,
						       const char *fmt, ...)
{
	char message[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (yaml_documents_add_failure(&l->docs, path, message))
		l->nomem = true;
	l->failed = true;
}

static int load_file(struct loader *l, const char *path)
{
	struct stat st;
	int ret = yaml_documents_load(&l->docs, path, &st);

	if (ret == -ENOMEM)
		return ret;
	if (!ret && l->refuses)
		ret = yaml_documents_refuse_others(&l->docs, path, &st, "is watched");
	if (ret == -ENOMEM)
		return ret;
	if (ret)
		l->failed = true;
	else if (!l->warned) /* one will do */
		l->warned = yaml_warn_of_others(path, &st, l->cases ? "is run" : "is watched");
	return 0;
}

static bool is_wanted(const struct loader *l, const char *name)
{
	return str_ends(name, ".yaml") && str_ends(name, ".test.yaml") == l->cases;
}

/*
 * Hidden entries are left out as a shell's *.yaml leaves them out: editors' leftovers, .git, and
 * the ..data directories in which Kubernetes keeps what a mounted ConfigMap's visible links point
 * to.
 */
static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/*
 * Bytes, not the locale's order: the order of the rules must not depend on who starts the program.
 */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_dir(struct loader *l, const char *path);

static int load_entry(struct loader *l, const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (stat(path, &st)) {
		/* A dangling link or the like is of interest only if it should be a rule file. */
		if (is_wanted(l, name))
			fail(l, path, "cannot be read: %s", strerror(errno));
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return load_dir(l, path);
	if (!is_wanted(l, name))
		return 0;
	l->nr_files++;
	if (S_ISREG(st.st_mode))
		return load_file(l, path);
	fail(l, path, "is neither a file nor a directory");
	return 0;
}

/* 1 if the directory has not been seen before, and notes it; 0 if it has; -errno. */
static int visit_folder(struct loader *l, const char *path)
{
	struct dir_id *seen;
	struct stat st;

	if (stat(path, &st))
		return -errno;
	for (size_t i = 0; i < l->nr_seen; i++) {
		if (l->seen[i].dev == st.st_dev && l->seen[i].ino == st.st_ino)
			return 0;
	}
	seen = reallocarray(l->seen, l->nr_seen + 1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	l->seen = seen;
	seen[l->nr_seen++] = (struct dir_id){ st.st_dev, st.st_ino };
	return 1;
}

static int load_entries(struct loader *l, const char *path)
{
	struct dirent **entries;
	int n, err = 0;

	n = scandir(path, &entries, is_visible, by_name);
	if (n < 0 && errno == ENOMEM)
		return -ENOMEM;
	if (n < 0) {
		fail(l, path, "cannot be read: %s", strerror(errno));
		return 0;
	}
	for (int i = 0; i < n; i++) {
		if (!err)
			err = load_entry(l, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int load_dir(struct loader *l, const char *path)
{
	int err;

	if (l->depth == DIR_DEPTH_MAX) {
		fail(l, path, "more than %d directories deep", DIR_DEPTH_MAX);
		return 0;
	}
	err = visit_folder(l, path);
	if (err == -ENOMEM || !err)
		return err;
	if (err < 0) {
		fail(l, path, "cannot be read: %s", strerror(-err));
		return 0;
	}
	l->depth++;
	err = load_entries(l, path);
	l->depth--;
	return err;
}

static int load_path(struct loader *l, const char *path)
{
	bool failed = l->failed;
	struct stat st;
	int err;

	if (stat(path, &st)) {
		fail(l, path, "cannot be read: %s", strerror(errno));
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return load_file(l, path);
	if (!S_ISDIR(st.st_mode)) {
		fail(l, path, "is neither a file nor a directory");
		return 0;
	}
	l->nr_seen = 0;
	l->nr_files = 0;
	l->failed = false;
	err = load_dir(l, path);
	/* What could not be read has been said. */
	if (!err && !l->nr_files && !l->failed)
		fail(l, path, "the directory has no %s",
		     l->cases ? "test cases (*.test.yaml)" : "rule file (*.yaml)");
	l->failed |= failed;
	return err;
}

/* Makes rules of what was read, unless anything was wrong. */
static int finish_rules(struct loader *l, bool with_disabled, struct rule_set *out,
			struct buf *messages)
{
	_cleanup_(rule_set_fini) struct rule_set set = { .with_disabled = with_disabled };
	int err = l->nomem ? -ENOMEM : rule_read_documents(&l->docs, &set);

	if (!err)
		err = yaml_documents_show(&l->docs, messages);
	if (err)
		return err;
	*out = set;
	set = (struct rule_set){ 0 };
	return 0;
}

int rule_set_load(const char *const *paths, size_t nr_paths, unsigned int flags,
		  struct rule_set *out, struct buf *messages)
{
	_cleanup_(loader_fini) struct loader l = { .refuses = flags & RULE_LOAD_REFUSE_OTHERS };
	int err = 0;

	*out = (struct rule_set){ 0 };
	for (size_t i = 0; i < nr_paths && !err; i++)
		err = load_path(&l, paths[i]);
	return err ? err : finish_rules(&l, flags & RULE_LOAD_DISABLED, out, messages);
}

int rule_set_parse(const char *name, const char *text, size_t len, struct rule_set *out,
		   struct buf *messages)
{
	_cleanup_(loader_fini) struct loader l = { 0 };
	int err;

	*out = (struct rule_set){ 0 };
	err = yaml_documents_add(&l.docs, name, text, len);
	return err ? err : finish_rules(&l, false, out, messages);
}

static int finish_cases(struct loader *l, struct rule_case_set *out, struct buf *messages)
{
	_cleanup_(rule_case_set_fini) struct rule_case_set set = { 0 };
	int err = l->nomem ? -ENOMEM : rule_read_cases(&l->docs, &set);

	if (!err)
		err = yaml_documents_show(&l->docs, messages);
	if (err)
		return err;
	*out = set;
	set = (struct rule_case_set){ 0 };
	return 0;
}

int rule_case_set_load(const char *const *paths, size_t nr_paths, struct rule_case_set *out,
		       struct buf *messages)
{
	_cleanup_(loader_fini) struct loader l = { .cases = true };
	int err = 0;

	*out = (struct rule_case_set){ 0 };
	for (size_t i = 0; i < nr_paths && !err; i++)
		err = load_path(&l, paths[i]);
	return err ? err : finish_cases(&l, out, messages);
}

int rule_case_set_parse(const char *name, const char *text, size_t len, struct rule_case_set *out,
			struct buf *messages)
{
	_cleanup_(loader_fini) struct loader l = { .cases = true };
	int err;

	*out = (struct rule_case_set){ 0 };
	err = yaml_documents_add(&l.docs, name, text, len);
	return err ? err : finish_cases(&l, out, messages);
}
