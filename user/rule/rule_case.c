// SPDX-License-Identifier: GPL-2.0-only
#include "rule/rule_case.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "rule/rule_reader.h"

static void pairs_free(struct rule_case_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(pairs[i].name);
		free(pairs[i].text);
	}
	free(pairs);
}

static void case_fini(struct rule_case *c)
{
	free(c->rule);
	free(c->name);
	free(c->code);
	free(c->setup);
	free(c->python);
	for (size_t i = 0; i < c->nr_needs; i++)
		free(c->needs[i]);
	free(c->needs);
	pairs_free(c->files, c->nr_files);
	pairs_free(c->args, c->nr_args);
	free(c->path);
	*c = (struct rule_case){ 0 };
}

void rule_case_set_fini(struct rule_case_set *set)
{
	for (size_t i = 0; i < set->nr_cases; i++)
		case_fini(&set->cases[i]);
	free(set->cases);
	*set = (struct rule_case_set){ 0 };
}

static void read_rule_name(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->test_case->rule = yaml_read_string(&r->yaml, entry);
}

static void read_name(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->test_case->name = yaml_read_string(&r->yaml, entry);
}

/* `fires` and `silent`: a case has one of them, which read_case() sees to. */
static void read_code(struct rule_reader *r, const struct yaml_entry *entry)
{
	char *code = yaml_read_string(&r->yaml, entry);

	if (!code)
		return;
	free(r->test_case->code);
	r->test_case->code = code;
	r->test_case->fires = str_eq(entry->name, "fires");
}

static void read_setup(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->test_case->setup = yaml_read_string(&r->yaml, entry);
}

/* One of ">=3.9", "<3.13" and so on.  Returns where it ends, or NULL. */
static const char *skip_bound(const char *s)
{
	static const char *const comparisons[] = { ">=", "<=", "==", "!=", ">", "<" };

	s += strspn(s, " ");
	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++) {
		if (!str_starts(s, comparisons[i]))
			continue;
		s += strlen(comparisons[i]);
		s += strspn(s, " ");
		if (!str_starts(s, "3.") || !strspn(s + 2, "0123456789"))
			return NULL;
		s += 2 + strspn(s + 2, "0123456789");
		return s + strspn(s, " ");
	}
	return NULL;
}

static void read_python(struct rule_reader *r, const struct yaml_entry *entry)
{
	char *python = yaml_read_string(&r->yaml, entry);
	const char *s = python;

	r->test_case->python = python;
	while (s && *(s = skip_bound(s) ?: "?") == ',')
		s++;
	if (s && *s)
		rule_error(r, entry->value, "%s is no bound on versions, as `>=3.9,<3.13` is",
			   YAML_QUOTE(((struct text){ python, strlen(python) })));
}

static void read_needs(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct rule_case *c = r->test_case;
	size_t n = 0;

	if (!yaml_read_container(&r->yaml, entry, YAML_LIST))
		return;
	yaml_for_each(item, entry->value) n++;
	c->needs = calloc(n, sizeof(*c->needs));
	if (!c->needs) {
		r->yaml.nomem = true;
		return;
	}
	yaml_for_each(item, entry->value)
	{
		char *s =
			yaml_read_string(&r->yaml, &(struct yaml_entry){ entry->name, item, item });

		if (s)
			c->needs[c->nr_needs++] = s;
	}
}

/* Text as it stands, which may be empty: a file, an expected value. */
static char *read_any_text(struct rule_reader *r, const struct yaml_node *node, const char *what)
{
	char *s;

	if (node->kind != YAML_TEXT || memchr(node->text.s, '\0', node->text.len)) {
		rule_error(r, node, "what stands in `%s` must be text, not %s", what,
			   node->kind == YAML_TEXT ? "NUL" : yaml_kind_name(node));
		return NULL;
	}
	s = strndup(node->text.s, node->text.len);
	if (!s)
		r->yaml.nomem = true;
	return s;
}

static void read_pairs(struct rule_reader *r, const struct yaml_entry *entry,
		       struct rule_case_pair **pairs, size_t *count)
{
	size_t n = 0;

	if (!yaml_read_container(&r->yaml, entry, YAML_MAP))
		return;
	yaml_for_each(item, entry->value) n++;
	*pairs = calloc(n / 2, sizeof(**pairs));
	if (!*pairs) {
		r->yaml.nomem = true;
		return;
	}
	for (const struct yaml_node *key = entry->value->first; key && key->next;
	     key = key->next->next) {
		struct rule_case_pair *p = &(*pairs)[(*count)++];

		p->name = read_any_text(r, key, entry->name);
		p->text = read_any_text(r, key->next, entry->name);
	}
}

static void read_files(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct rule_case *c = r->test_case;

	read_pairs(r, entry, &c->files, &c->nr_files);
	/* They are written into a directory of the case's own, and nowhere else. */
	for (size_t i = 0; i < c->nr_files; i++) {
		const char *name = c->files[i].name;

		if (name && (!*name || *name == '/' || strstr(name, "..")))
			rule_error(r, entry->value,
				   "%s in `files` must be a path below the case's "
				   "own directory",
				   YAML_QUOTE(((struct text){ name, strlen(name) })));
	}
}

static void read_args(struct rule_reader *r, const struct yaml_entry *entry)
{
	read_pairs(r, entry, &r->test_case->args, &r->test_case->nr_args);
}

enum {
	KEY_RULE,
	KEY_NAME,
	KEY_FIRES,
	KEY_SILENT,
	KEY_SETUP,
	KEY_FILES,
	KEY_ARGS,
	KEY_NEEDS,
	KEY_PYTHON,
	NR_KEYS,
};

static const struct rule_key case_keys[NR_KEYS] = {
	[KEY_RULE] = { "rule", read_rule_name },  [KEY_NAME] = { "name", read_name },
	[KEY_FIRES] = { "fires", read_code },	  [KEY_SILENT] = { "silent", read_code },
	[KEY_SETUP] = { "setup", read_setup },	  [KEY_FILES] = { "files", read_files },
	[KEY_ARGS] = { "args", read_args },	  [KEY_NEEDS] = { "needs", read_needs },
	[KEY_PYTHON] = { "python", read_python },
};

static void check_keys(struct rule_reader *r, const struct yaml_node *node,
		       const struct yaml_node *const *seen)
{
	if (!seen[KEY_RULE])
		rule_error(r, node, "the case has no `rule`");
	if (!seen[KEY_FIRES] == !seen[KEY_SILENT])
		rule_error(r, node,
			   "a case has either `fires` or `silent`, the Python that is run");
	if (seen[KEY_ARGS] && seen[KEY_SILENT])
		rule_error(r, seen[KEY_ARGS], "`args` beside `silent`: there is no alert");
}

static void read_case(struct rule_reader *r, const struct yaml_node *node,
		      struct rule_case_set *set)
{
	const struct yaml_node *seen[NR_KEYS] = { 0 };
	struct rule_case *cases;

	if (node->kind != YAML_MAP) {
		rule_error(r, node, "a test case must be a mapping, not %s", yaml_kind_name(node));
		return;
	}
	cases = reallocarray(set->cases, set->nr_cases + 1, sizeof(*cases));
	if (!cases) {
		r->yaml.nomem = true;
		return;
	}
	set->cases = cases;
	r->test_case = &cases[set->nr_cases++];
	*r->test_case = (struct rule_case){ .line = node->line, .path = strdup(r->yaml.doc->path) };
	if (!r->test_case->path)
		r->yaml.nomem = true;
	rule_read_map(r, node, "a test case", case_keys, NR_KEYS, seen);
	check_keys(r, node, seen);
	r->test_case = NULL;
}

int rule_read_cases(struct yaml_documents *docs, struct rule_case_set *set)
{
	struct rule_reader r = { 0 };

	for (r.yaml.doc = docs->first; r.yaml.doc; r.yaml.doc = r.yaml.doc->next) {
		const struct yaml_node *root = r.yaml.doc->tree.root;

		if (!root || yaml_is_null(root)) {
			if (!r.yaml.doc->tree.broken && !r.yaml.doc->failure.len)
				yaml_diag_add(&r.yaml.doc->diag, 1, 1,
					      "the file has no test cases");
			continue;
		}
		if (root->kind != YAML_LIST) {
			rule_error(&r, root,
				   "a file of test cases is a list (\"- rule: ...\"), not %s",
				   yaml_kind_name(root));
			continue;
		}
		yaml_for_each(node, root) read_case(&r, node, set);
	}
	return r.yaml.nomem ? -ENOMEM : 0;
}
