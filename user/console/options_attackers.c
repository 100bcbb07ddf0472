// SPDX-License-Identifier: GPL-2.0-only
/* What makes an attacker, as options say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "console/options.h"
#include "console/when.h"

int set_attacker_by(struct options *o, const char *value, struct err *err)
{
	if (score_by_parse((struct text){ value, strlen(value) }, &o->scoring.by))
		return err_set(err, -EINVAL, "--attacker-by takes address or session, not \"%s\"",
			       value);
	return 0;
}

int set_attacker_score(struct options *o, const char *value, struct err *err)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || !n || n > SCORE_LIMIT_MAX)
		return err_set(err, -EINVAL, "--attacker-score takes 1 to %d, not \"%s\"",
			       SCORE_LIMIT_MAX, value);
	o->scoring.limit = n;
	return 0;
}

static int read_span(const char *name, const char *value, int64_t *out, struct err *err)
{
	int64_t span;

	if (when_parse_span((struct text){ value, strlen(value) }, &span) || !span)
		return err_set(err, -EINVAL, "%s takes a span of time, as 60s or 1h, not \"%s\"",
			       name, value);
	*out = span;
	return 0;
}

int set_attacker_window(struct options *o, const char *value, struct err *err)
{
	return read_span("--attacker-window", value, &o->scoring.window, err);
}

int set_attacker_keep(struct options *o, const char *value, struct err *err)
{
	return read_span("--attacker-keep", value, &o->scoring.keep, err);
}

int set_attacker_points(struct options *o, const char *value, struct err *err)
{
	return err_prefix(err, score_parse(value, &o->scoring, err), "--attacker-points");
}
