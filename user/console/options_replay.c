// SPDX-License-Identifier: GPL-2.0-only
/* Options of export, replay, and transitions. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "console/options.h"
#include "console/when.h"

int set_corpus(struct options *o, const char *value, struct err *err)
{
	o->corpus = true;
	return 0;
}

int set_corpus_format(struct options *o, const char *value, struct err *err)
{
	if (corpus_format_parse(value, &o->corpus_format))
		return err_set(err, -EINVAL, "--format takes har or params, not \"%s\"", value);
	return 0;
}

int set_to(struct options *o, const char *value, struct err *err)
{
	o->to = value;
	return 0;
}

int set_anywhere(struct options *o, const char *value, struct err *err)
{
	o->anywhere = true;
	return 0;
}

int set_alerts(struct options *o, const char *value, struct err *err)
{
	o->alerts = value;
	return 0;
}

int set_wait(struct options *o, const char *value, struct err *err)
{
	if (str_eq(value, "0"))
		o->wait = 0;
	else if (when_parse_span((struct text){ value, strlen(value) }, &o->wait))
		return err_set(err, -EINVAL, "--wait takes a span of time, as 5s, not \"%s\"",
			       value);
	return 0;
}

int set_transitions(struct options *o, const char *value, struct err *err)
{
	transitions_fini(&o->transitions);
	return transitions_load(value, &o->transitions, err);
}

int set_transitions_grace(struct options *o, const char *value, struct err *err)
{
	if (when_parse_span((struct text){ value, strlen(value) }, &o->transitions_grace) ||
	    !o->transitions_grace)
		return err_set(err, -EINVAL,
			       "--transitions-grace takes a span of time, as 30s, not \"%s\"",
			       value);
	return 0;
}
