// SPDX-License-Identifier: GPL-2.0-only
/* Files and directories, in a directory of its own under /tmp. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"
#include "rule/rule.h"

#define _cleanup_set_ __attribute__((cleanup(rule_set_fini)))

struct tree {
	char dir[64];
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void tree_fini(struct tree *t)
{
	if (chdir("/") == 0 && t->dir[0])
		nftw(t->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Paths are relative to it, so that messages do not depend on where it is. */
static struct tree tree_new(void)
{
	struct tree t = { "/tmp/phrude-rule-XXXXXX" };

	if (!mkdtemp(t.dir) || chdir(t.dir)) {
		perror(t.dir);
		abort();
	}
	return t;
}

#define _cleanup_tree_ __attribute__((cleanup(tree_fini)))

static void write_file(const char *path, const char *text, size_t len)
{
	_cleanup_fclose_ FILE *f = fopen(path, "w");

	if (!f || fwrite(text, 1, len, f) != len) {
		perror(path);
		abort();
	}
}

/* A file with one rule of that name. */
static void write_rule(const char *path, const char *name)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_printf(&text, "- {name: %s, func: f, file: a.py, level: info}\n", name);
	write_file(path, text.data, text.len);
}

static void check(int done)
{
	if (done) {
		perror("the test's files");
		abort();
	}
}

/* The rules' names, each followed by a space. */
static void add_names(const struct rule_set *set, struct buf *out)
{
	buf_adds(out, "");
	for (size_t i = 0; i < set->nr_rules; i++)
		buf_printf(out, "%s ", set->rules[i].name);
}

static int load(const char *a, const char *b, struct buf *names, struct buf *messages)
{
	const char *paths[] = { a, b };
	_cleanup_set_ struct rule_set set = { 0 };
	int err = rule_set_load(paths, b ? 2 : 1, 0, &set, messages);

	add_names(&set, names);
	buf_adds(messages, "");
	return err;
}

TEST(order)
{
	_cleanup_tree_ struct tree t = tree_new();
	_cleanup_buf_ struct buf names = { 0 }, messages = { 0 };

	check(mkdir("d", 0700) || mkdir("d/b", 0700) || mkdir("d/.git", 0700) ||
	      mkdir("d/..data", 0700));
	write_rule("d/c.yaml", "c");
	write_rule("d/a.yaml", "a");
	write_rule("d/B.yaml", "B");
	write_rule("d/b/x.yaml", "bx");
	write_rule("d/a.test.yaml", "test");
	write_rule("d/a.yml", "yml");
	write_rule("d/a.yaml.bak", "bak");
	write_rule("d/.git/x.yaml", "git");
	write_rule("d/..data/k.yaml", "k");
	check(symlink("..data/k.yaml", "d/k.yaml"));
	write_rule("z.yml", "z");

	ASSERT_EQ(load("z.yml", "d", &names, &messages), 0);
	ASSERT_STR(messages.data, "");
	ASSERT_STR(names.data, "z B a bx c k ");

	/* a name given by the user is not judged */
	buf_reset(&names);
	ASSERT_EQ(load("d/a.test.yaml", "d/", &names, &messages), 0);
	ASSERT_STR(names.data, "test B a bx c k ");
}

TEST(symlink_loops)
{
	_cleanup_tree_ struct tree t = tree_new();
	_cleanup_buf_ struct buf names = { 0 }, messages = { 0 };

	check(mkdir("d", 0700) || mkdir("d/b", 0700) || mkdir("e", 0700) ||
	      symlink("..", "d/b/up") || symlink(".", "d/self") || symlink("../e", "d/e1") ||
	      symlink("../e", "d/e2") || symlink("nowhere", "d/dangling"));
	write_rule("d/a.yaml", "a");
	write_rule("d/b/b.yaml", "b");
	write_rule("e/e.yaml", "e");
	ASSERT_EQ(load("d", NULL, &names, &messages), 0);
	ASSERT_STR(messages.data, "");
	ASSERT_STR(names.data, "a b e ");
}

TEST(refused)
{
	_cleanup_tree_ struct tree t = tree_new();
	static const struct {
		const char *path, *message;
	} cases[] = {
		{ "none.yaml", "none.yaml: cannot be read: No such file or directory\n" },
		{ "empty", "empty: the directory has no rule file (*.yaml)\n" },
		{ "fifo", "fifo: is neither a file nor a directory\n" },
		{ "d", "d/fifo.yaml: is neither a file nor a directory\n"
		       "d/gone.yaml: cannot be read: No such file or directory\n" },
		{ "big.yaml", "big.yaml: larger than 4 MiB, which no such file is\n" },
		{ "full.yaml", "full.yaml:1:1: the file has no rules\n" },
		{ "deep", "deep/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1: "
			  "more than 32 directories deep\n" },
	};
	_cleanup_free_ char *big = calloc(1, (4 << 20) + 1);

	check(mkdir("empty", 0700) || mkdir("empty/sub", 0700) || mkdir("d", 0700) ||
	      mkfifo("fifo", 0600) || mkfifo("d/fifo.yaml", 0600) || symlink("x", "d/gone.yaml"));
	write_rule("empty/sub/a.test.yaml", "a");
	memset(big, '\n', (4 << 20) + 1);
	write_file("big.yaml", big, (4 << 20) + 1);
	write_file("full.yaml", big, 4 << 20);
	check(mkdir("deep", 0700) || chdir("deep"));
	for (int i = 0; i < 40; i++)
		check(mkdir("1", 0700) || chdir("1"));
	check(chdir(t.dir));

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf names = { 0 }, messages = { 0 };

		ASSERT_EQ(load(cases[i].path, NULL, &names, &messages), -EINVAL);
		ASSERT_STR(messages.data, cases[i].message);
		ASSERT_STR(names.data, "");
	}
}

TEST(unreadable)
{
	_cleanup_tree_ struct tree t = tree_new();
	_cleanup_buf_ struct buf names = { 0 }, messages = { 0 };
	int err;

	write_rule("a.yaml", "a");
	check(mkdir("d", 0) || chmod("a.yaml", 0));
	/* root may read anything */
	if (geteuid() == 0)
		check(chmod(t.dir, 0755) || seteuid(65534));
	err = load("a.yaml", "d", &names, &messages);
	check(seteuid(getuid()));
	ASSERT_EQ(err, -EINVAL);
	ASSERT_STR(messages.data, "a.yaml: cannot be read: Permission denied\n"
				  "d: cannot be read: Permission denied\n");
}

TEST(all_errors_of_all_files)
{
	_cleanup_tree_ struct tree t = tree_new();
	_cleanup_buf_ struct buf names = { 0 }, messages = { 0 };

	write_rule("a.yaml", "same");
	write_rule("b.yaml", "same");
	check(mkdir("d", 0700));
	write_file("d/c.yaml", "- 1\n- ]", 7);
	write_rule("d/e.yaml", "{name: x");
	ASSERT_EQ(load("a.yaml", "b.yaml", &names, &messages), -EINVAL);
	ASSERT_STR(messages.data, "b.yaml:1:10: rule name `same` is used already at a.yaml:1:10\n");
	ASSERT_STR(names.data, "");

	buf_reset(&messages);
	ASSERT_EQ(load("missing", "d", &names, &messages), -EINVAL);
	ASSERT_HAS(messages.data, "missing: cannot be read: No such file or directory\n"
				  "d/c.yaml:1:3: a rule must be a mapping, not text\n"
				  "d/c.yaml:2:3: invalid YAML: ");
	ASSERT_HAS(messages.data, "\nd/e.yaml:");
}

TEST(file_names_in_messages)
{
	_cleanup_tree_ struct tree t = tree_new();
	_cleanup_buf_ struct buf names = { 0 }, messages = { 0 };

	write_file("a\n\033b.yaml", "x", 1);
	ASSERT_EQ(load("a\n\033b.yaml", NULL, &names, &messages), -EINVAL);
	ASSERT_STR(messages.data, "a\\n\\x1bb.yaml:1:1: a rule file is a list of rules (\"- name: "
				  "...\"), not text\n");
}

TEST(disabled)
{
	static const char text[] = "- {name: on, func: f, file: a.py, level: info}\n"
				   "- {name: off, func: f, file: a.py, level: info, enabled: no}\n";
	static const char *const paths[] = { "a.yaml" };
	_cleanup_tree_ struct tree t = tree_new();

	write_file("a.yaml", text, sizeof(text) - 1);
	for (int with = 0; with < 2; with++) {
		_cleanup_buf_ struct buf names = { 0 }, messages = { 0 };
		_cleanup_set_ struct rule_set set = { 0 };

		ASSERT_EQ(rule_set_load(paths, 1, with ? RULE_LOAD_DISABLED : 0, &set, &messages),
			  0);
		add_names(&set, &names);
		ASSERT_STR(names.data, with ? "on off " : "on ");
	}
}
