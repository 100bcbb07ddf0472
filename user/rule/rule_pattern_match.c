// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a pattern fits what was captured.  Text that was cut answers RULE_MAYBE where its end
 * would tell.
 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "event/value.h"
#include "rule/rule.h"
#include "rule/rule_pattern.h"
#include "base/regex.h"

#define VERDICT(condition) ((condition) ? RULE_YES : RULE_NO)

static bool starts_with(struct text t, struct text prefix)
{
	return prefix.len <= t.len && memcmp(t.s, prefix.s, prefix.len) == 0;
}

static bool ends_with(struct text t, struct text suffix)
{
	return suffix.len <= t.len && memcmp(t.s + t.len - suffix.len, suffix.s, suffix.len) == 0;
}

static bool contains(struct text t, struct text part)
{
	return !part.len || (t.len && memmem(t.s, t.len, part.s, part.len));
}

/*
 * `*` is any text and `?` any character; both may be a slash.  Only the last `*` is ever gone back
 * to, which is enough, and keeps the time within the product of both lengths.
 */
static bool glob_fits(struct text t, struct text glob)
{
	size_t i = 0, g = 0, star = SIZE_MAX, resume = 0;

	while (i < t.len) {
		if (g < glob.len && glob.s[g] == '*') {
			star = g++;
			resume = i;
		} else if (g < glob.len && glob.s[g] == '?') {
			text_next(t.s, t.len, &i);
			g++;
		} else if (g < glob.len && glob.s[g] == t.s[i]) {
			i++;
			g++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			text_next(t.s, t.len, &resume);
			i = resume;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.s[g] == '*')
		g++;
	return g == glob.len;
}

/* The text before the first wildcard. */
static struct text glob_head(struct text glob)
{
	size_t n = 0;

	while (n < glob.len && glob.s[n] != '*' && glob.s[n] != '?')
		n++;
	return (struct text){ glob.s, n };
}

/* Could text that begins with `t` begin with `head`? */
static bool may_start_with(struct text t, struct text head)
{
	return starts_with(t, head) || starts_with(head, t);
}

/* The next component of a path that is neither empty nor "."; false at the end. */
static bool next_component(struct text *path, struct text *out)
{
	while (path->len) {
		const char *slash = memchr(path->s, '/', path->len);
		size_t n = slash ? (size_t)(slash - path->s) : path->len;

		*out = (struct text){ path->s, n };
		n += slash != NULL;
		path->s += n;
		path->len -= n;
		if (out->len && !text_eq(*out, TEXT(".")))
			return true;
	}
	return false;
}

#define COMPONENTS_MAX 64

/*
 * True if `path` is `dir` or below it, "//", "." and ".." worked out, links not.  A relative path
 * that climbs counts as one from the root, for that is where an attacker makes it end:
 * "../../../etc/passwd".
 */
static bool path_is_under(struct text path, struct text dir)
{
	struct text stack[COMPONENTS_MAX], part, expected;
	bool rooted = path.len && path.s[0] == '/';
	size_t n = 0, i = 0;

	while (next_component(&path, &part)) {
		if (!text_eq(part, TEXT(".."))) {
			/*
			 * Where the stack ends, deeper components decide nothing but what they lie
			 * under.
			 */
			if (n < COMPONENTS_MAX)
				stack[n] = part;
			n++;
		} else if (n) {
			n--;
		} else {
			rooted = true;
		}
	}
	if (!rooted)
		return false;
	while (next_component(&dir, &expected)) {
		if (i >= n || i >= COMPONENTS_MAX || !text_eq(stack[i], expected))
			return false;
		i++;
	}
	return true;
}

/* A text test of a text that is known as a whole. */
static enum rule_verdict test_whole(const struct rule_test *test, struct text t)
{
	int n;

	switch (test->op) {
	case RULE_TEST_CONTAINS:
		return VERDICT(contains(t, test->text));
	case RULE_TEST_EXACT:
		return VERDICT(text_eq(t, test->text));
	case RULE_TEST_PREFIX:
		return VERDICT(starts_with(t, test->text));
	case RULE_TEST_SUFFIX:
		return VERDICT(ends_with(t, test->text));
	case RULE_TEST_GLOB:
		return VERDICT(glob_fits(t, test->text));
	case RULE_TEST_UNDER:
		return VERDICT(path_is_under(t, test->text));
	case RULE_TEST_FILE_NAME:
		return VERDICT(rule_file_matches(test->text.s, t));
	case RULE_TEST_REGEX:
		n = regex_match(test->regex, t);
		return n < 0 ? RULE_MAYBE : VERDICT(n);
	default:
		return RULE_NO;
	}
}

/* The same where only the beginning, `t`, is known. */
static enum rule_verdict test_beginning(const struct rule_test *test, struct text t)
{
	switch (test->op) {
	case RULE_TEST_CONTAINS:
		return contains(t, test->text) ? RULE_YES : RULE_MAYBE;
	case RULE_TEST_PREFIX:
		if (starts_with(t, test->text))
			return RULE_YES;
		return starts_with(test->text, t) ? RULE_MAYBE : RULE_NO;
	case RULE_TEST_EXACT:
		return starts_with(test->text, t) ? RULE_MAYBE : RULE_NO;
	case RULE_TEST_GLOB:
		return may_start_with(t, glob_head(test->text)) ? RULE_MAYBE : RULE_NO;
	default:
		return RULE_MAYBE;
	}
}

/*
 * ... or where something within is missing: then what is there can only say yes to what it
 * contains.
 */
static enum rule_verdict test_torn(const struct rule_test *test, struct text t)
{
	return test->op == RULE_TEST_CONTAINS && contains(t, test->text) ? RULE_YES : RULE_MAYBE;
}

static enum rule_verdict test_text(const struct rule_test *test, const struct rule_element *e)
{
	enum rule_verdict best = RULE_NO, v;

	for (size_t i = 0; i < e->nr_spellings && best < RULE_YES; i++) {
		if (e->cut_inside)
			v = test_torn(test, e->spellings[i]);
		else if (e->cut)
			v = test_beginning(test, e->spellings[i]);
		else
			v = test_whole(test, e->spellings[i]);
		best = MAX(best, v);
	}
	return best;
}

/* False if the value is no number. */
static bool number_of(const struct value *v, double *out)
{
	*out = 0;
	if (v->type == VALUE_FLOAT)
		*out = v->number;
	if (v->type != VALUE_INT)
		return v->type == VALUE_FLOAT;
	for (uint32_t i = v->integer.ndigits; i-- > 0;)
		*out = *out * (1u << 30) + v->integer.digits[i];
	if (v->integer.negative)
		*out = -*out;
	return true;
}

static enum rule_verdict test_number(const struct rule_test *test, const struct rule_element *e)
{
	double x;

	if (e->cut)
		return RULE_MAYBE;
	if (!e->value || !number_of(e->value, &x))
		return RULE_NO;
	switch (test->op) {
	case RULE_TEST_GT:
		return VERDICT(x > test->number);
	case RULE_TEST_GE:
		return VERDICT(x >= test->number);
	case RULE_TEST_LT:
		return VERDICT(x < test->number);
	default:
		return VERDICT(x <= test->number);
	}
}

static enum rule_verdict test_network(const struct rule_test *test, const struct rule_element *e)
{
	struct ip_network address;

	return VERDICT(e->nr_spellings && ip_address_parse(e->spellings[0], &address) &&
		       ip_network_holds(&test->network, &address));
}

static enum rule_verdict test_input(const struct rule_test *test, const struct rule_element *e)
{
	static const enum rule_verdict verdicts[] = {
		[INPUT_FITS_NOT] = RULE_NO, [INPUT_MAY_FIT] = RULE_MAYBE, [INPUT_FITS] = RULE_YES
	};

	if (e->input_open)
		return RULE_MAYBE;
	if (!e->inputs)
		return RULE_NO;
	if (!e->value)
		return RULE_MAYBE;
	return verdicts[inputs_judge(e->inputs, test->input, e->arg, e->value)];
}

static struct rule_element file_element(const struct rule_element *e)
{
	return (struct rule_element){ { e->file }, 1, .cut = e->file_cut };
}

/*
 * No function is called like a path; a file may be called like a function, but then it is not
 * meant.
 */
static bool is_file_name(struct text t)
{
	return memchr(t.s, '/', t.len) || memchr(t.s, '.', t.len) || t.s[0] == '<';
}

static enum rule_verdict test_caller(const struct rule_test *test, const struct rule_element *e)
{
	const struct rule_test exact = { RULE_TEST_EXACT, .text = test->text };
	const struct rule_test file = { RULE_TEST_FILE_NAME, .text = test->text };
	const struct rule_element of_file = file_element(e);
	enum rule_verdict by_name = test_text(&exact, e);

	if (by_name == RULE_YES || !is_file_name(test->text))
		return by_name;
	return MAX(by_name, test_text(&file, &of_file));
}

static enum rule_verdict patterns_match_one(const struct rule_patterns *patterns,
					    const struct rule_element *e);

/* What called the caller has a caller as well, which is not looked at. */
static enum rule_verdict test_called_by(const struct rule_test *test, const struct rule_element *e)
{
	const struct rule_element by = {
		{ e->outer_function }, 1, .file = e->outer_file, .outer = RULE_OUTER_OPEN
	};

	if (e->outer != RULE_OUTER_KNOWN)
		return e->outer == RULE_OUTER_OPEN ? RULE_MAYBE : RULE_NO;
	return patterns_match_one(test->nested, &by);
}

static enum rule_verdict test_element(const struct rule_test *test, const struct rule_element *e)
{
	struct rule_element file;

	switch (test->op) {
	case RULE_TEST_GT:
	case RULE_TEST_GE:
	case RULE_TEST_LT:
	case RULE_TEST_LE:
		return test_number(test, e);
	case RULE_TEST_NETWORK:
		return test_network(test, e);
	case RULE_TEST_INPUT:
		return test_input(test, e);
	case RULE_TEST_CALLER:
		return test_caller(test, e);
	case RULE_TEST_FUNCTION:
		return patterns_match_one(test->nested, e);
	case RULE_TEST_FILE:
		file = file_element(e);
		return patterns_match_one(test->nested, &file);
	case RULE_TEST_CALLED_BY:
		return test_called_by(test, e);
	case RULE_TEST_NOT:
		return RULE_YES - patterns_match_one(test->nested, e);
	default:
		return test_text(test, e);
	}
}

static enum rule_verdict pattern_matches_one(const struct rule_pattern *p,
					     const struct rule_element *e)
{
	enum rule_verdict worst = RULE_YES;

	for (size_t i = 0; i < p->nr_tests && worst > RULE_NO; i++)
		worst = MIN(worst, test_element(&p->tests[i], e));
	return worst;
}

static enum rule_verdict patterns_match_one(const struct rule_patterns *patterns,
					    const struct rule_element *e)
{
	return rule_patterns_match(patterns, e, 1);
}

/* A pattern that only denies means the subject as a whole: none of the callers is in that file. */
static bool only_denies(const struct rule_pattern *p)
{
	for (size_t i = 0; i < p->nr_tests; i++) {
		if (p->tests[i].op != RULE_TEST_NOT)
			return false;
	}
	return true;
}

static enum rule_verdict pattern_matches(const struct rule_pattern *p,
					 const struct rule_element *elements, size_t n)
{
	bool all = only_denies(p);
	enum rule_verdict decisive = all ? RULE_NO : RULE_YES;
	enum rule_verdict verdict = RULE_YES - decisive, v;

	for (size_t i = 0; i < n && verdict != decisive; i++) {
		v = pattern_matches_one(p, &elements[i]);
		verdict = all ? MIN(verdict, v) : MAX(verdict, v);
	}
	return verdict;
}

enum rule_verdict rule_patterns_match(const struct rule_patterns *patterns,
				      const struct rule_element *elements, size_t nr_elements)
{
	enum rule_verdict best = RULE_NO;

	for (size_t i = 0; i < patterns->nr_patterns && best < RULE_YES; i++)
		best = MAX(best, pattern_matches(&patterns->patterns[i], elements, nr_elements));
	for (size_t i = 0; i < patterns->nr_shared && best < RULE_YES; i++)
		best = MAX(best, rule_patterns_match(patterns->shared[i], elements, nr_elements));
	return best;
}
