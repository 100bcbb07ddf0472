// SPDX-License-Identifier: GPL-2.0-only
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/regex.h"

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

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

void regex_free(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_match_data_free(regex->data);
	pcre2_match_context_free(regex->limits);
	pcre2_code_free(regex->code);
	free(regex);
}

DEFINE_CLEANUP(compile_context_freep, pcre2_compile_context, pcre2_compile_context_free);

/*
 * Captured text may hold lone surrogates, which are no UTF-8: they match nothing then, and are no
 * error. \C could split a character.
 */
#define CHARACTERS (PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C)
#define BYTES (PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C)

static pcre2_code *compile(struct text pattern, uint32_t options, int *err, char *message,
			   size_t size)
{
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

static struct regex *compile_pattern(struct text pattern, uint32_t options, int *err, char *message,
				     size_t size)
{
	_cleanup_(regex_freep) struct regex *regex = calloc(1, sizeof(*regex));

	*err = -ENOMEM;
	if (!regex)
		return NULL;
	regex->code = compile(pattern, options, err, message, size);
	if (!regex->code)
		return NULL;
	regex->limits = pcre2_match_context_create(NULL);
	regex->data = pcre2_match_data_create(2, NULL);
	*err = -ENOMEM;
	if (!regex->limits || !regex->data)
		return NULL;
	pcre2_set_match_limit(regex->limits, MATCH_STEPS_MAX);
	pcre2_set_depth_limit(regex->limits, MATCH_STEPS_MAX);
	pcre2_set_heap_limit(regex->limits, MATCH_HEAP_MAX);
	*err = 0;
	return TAKE_PTR(regex);
}

struct regex *regex_new(struct text pattern, int *err, char *message, size_t size)
{
	return compile_pattern(pattern, CHARACTERS, err, message, size);
}

struct regex *regex_new_bytes(struct text pattern, int *err, char *message, size_t size)
{
	return compile_pattern(pattern, BYTES, err, message, size);
}

static int match_subject(const struct regex *regex, struct text subject, size_t from,
			 uint32_t options)
{
	return pcre2_match(regex->code, (PCRE2_SPTR)(subject.s ? subject.s : ""), subject.len, from,
			   options, regex->data, regex->limits);
}

int regex_match(const struct regex *regex, struct text subject)
{
	int n = match_subject(regex, subject, 0, 0);

	if (n >= 0)
		return 1;
	return n == PCRE2_ERROR_NOMATCH ? 0 : -E2BIG;
}

int regex_find(const struct regex *regex, struct text subject, size_t from, bool cut,
	       struct regex_span *whole, struct regex_span *group)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(regex->data);
	int n = match_subject(regex, subject, from, cut ? PCRE2_PARTIAL_SOFT : 0);

	if (n == PCRE2_ERROR_NOMATCH)
		return REGEX_NOWHERE;
	if (n < 0 && n != PCRE2_ERROR_PARTIAL)
		return -E2BIG;
	/* \K within a lookahead may put a match's start behind its end. */
	*whole = (struct regex_span){ at[0] < at[1] ? at[0] : at[1], at[1] };
	*group = *whole;
	if (n == PCRE2_ERROR_PARTIAL)
		return REGEX_BEGINNING;
	/* 0: there are more groups than are asked for. */
	if (n != 1 && at[2] != PCRE2_UNSET)
		*group = (struct regex_span){ at[2], at[3] };
	return REGEX_WHOLE;
}
