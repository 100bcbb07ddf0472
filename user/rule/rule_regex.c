// SPDX-License-Identifier: GPL-2.0-only
#define PCRE2_CODE_UNIT_WIDTH 8
#include "rule/rule_regex.h"

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define PATTERN_MAX 4096 /* bytes */
#define NESTING_MAX 64	 /* brackets within brackets */
/* Steps of one match: some milliseconds at worst. */
#define MATCH_STEPS_MAX 100000
#define MATCH_HEAP_MAX 4096 /* KiB */

struct rule_regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

void rule_regex_free(struct rule_regex *regex)
{
	if (!regex)
		return;
	pcre2_match_data_free(regex->data);
	pcre2_match_context_free(regex->limits);
	pcre2_code_free(regex->code);
	free(regex);
}

DEFINE_CLEANUP(rule_regex_freep, struct rule_regex, rule_regex_free);
DEFINE_CLEANUP(compile_context_freep, pcre2_compile_context, pcre2_compile_context_free);

static pcre2_code *compile(struct text pattern, int *err, char *message, size_t size)
{
	/* Captured text may hold lone surrogates, which are no UTF-8: they match nothing then, and are no error.
	 * \C could split a character. */
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	_cleanup_(compile_context_freep) pcre2_compile_context *bounds =
		pcre2_compile_context_create(NULL);
	unsigned char text[160];
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	*err = -ENOMEM;
	if (!bounds)
		return NULL;
	pcre2_set_max_pattern_length(bounds, PATTERN_MAX);
	pcre2_set_parens_nest_limit(bounds, NESTING_MAX);
	code = pcre2_compile((PCRE2_SPTR)pattern.s, pattern.len, options, &error, &offset, bounds);
	if (code || error == PCRE2_ERROR_HEAP_FAILED)
		return code;
	*err = -EINVAL;
	pcre2_get_error_message(error, text, sizeof(text));
	snprintf(message, size, "%s, behind its first %zu bytes", text, (size_t)offset);
	return NULL;
}

struct rule_regex *rule_regex_new(struct text pattern, int *err, char *message, size_t size)
{
	_cleanup_(rule_regex_freep) struct rule_regex *regex = calloc(1, sizeof(*regex));

	*err = -ENOMEM;
	if (!regex)
		return NULL;
	regex->code = compile(pattern, err, message, size);
	if (!regex->code)
		return NULL;
	regex->limits = pcre2_match_context_create(NULL);
	regex->data = pcre2_match_data_create(1, NULL);
	*err = -ENOMEM;
	if (!regex->limits || !regex->data)
		return NULL;
	pcre2_set_match_limit(regex->limits, MATCH_STEPS_MAX);
	pcre2_set_depth_limit(regex->limits, MATCH_STEPS_MAX);
	pcre2_set_heap_limit(regex->limits, MATCH_HEAP_MAX);
	*err = 0;
	return TAKE_PTR(regex);
}

int rule_regex_match(const struct rule_regex *regex, struct text subject)
{
	int n = pcre2_match(regex->code, (PCRE2_SPTR)(subject.s ? subject.s : ""), subject.len, 0,
			    0, regex->data, regex->limits);

	if (n >= 0)
		return 1;
	return n == PCRE2_ERROR_NOMATCH ? 0 : -E2BIG;
}
