// SPDX-License-Identifier: GPL-2.0-only
/* What is sent to whom, as options say. */
#include <errno.h>
#include <string.h>

#include "console/options.h"
#include "console/when.h"
#include "sink/http_headers.h"

int set_report_every(struct options *o, const char *value, struct err *err)
{
	if (when_parse_span((struct text){ value, strlen(value) }, &o->reports.every) ||
	    !o->reports.every)
		return err_set(err, -EINVAL,
			       "--report-every takes a span of time, as 1d or 7d, not \"%s\"",
			       value);
	return 0;
}

int set_report_from(struct options *o, const char *value, struct err *err)
{
	o->reports.mail.from = value;
	return err_prefix(err, mail_check_address(value, err), "--report-from");
}

int set_report_to(struct options *o, const char *value, struct err *err)
{
	const char *to[MAIL_TO_MAX];
	size_t nr;

	o->reports.mail.to = value;
	return err_prefix(err, mail_read_addresses(value, &o->arena, to, &nr, err), "--report-to");
}

static int set_url(struct hook_settings *hook, const char *option, const char *value,
		   struct err *err)
{
	hook->url = value;
	return err_prefix(err, http_url_check(value, err), "%s", option);
}

static int set_form(struct hook_settings *hook, const char *option, const char *value,
		    struct err *err)
{
	if (hook_form_parse(value, &hook->form))
		return err_set(err, -EINVAL, "%s takes json or slack, not \"%s\"", option, value);
	return 0;
}

int set_report_webhook(struct options *o, const char *value, struct err *err)
{
	return set_url(&o->reports.hook, "--report-webhook", value, err);
}

int set_report_form(struct options *o, const char *value, struct err *err)
{
	return set_form(&o->reports.hook, "--report-form", value, err);
}

int set_report_headers_file(struct options *o, const char *value, struct err *err)
{
	o->reports.hook.headers_file = value;
	return 0;
}

int set_attacker_webhook(struct options *o, const char *value, struct err *err)
{
	return set_url(&o->attacker_hook, "--attacker-webhook", value, err);
}

int set_attacker_form(struct options *o, const char *value, struct err *err)
{
	return set_form(&o->attacker_hook, "--attacker-form", value, err);
}

int set_attacker_headers_file(struct options *o, const char *value, struct err *err)
{
	o->attacker_hook.headers_file = value;
	return 0;
}

int set_smtp(struct options *o, const char *value, struct err *err)
{
	o->reports.mail.url = value;
	return err_prefix(err, mail_check_url(value, err), "--smtp");
}

int set_smtp_user(struct options *o, const char *value, struct err *err)
{
	o->reports.mail.user = value;
	return 0;
}

int set_smtp_password_file(struct options *o, const char *value, struct err *err)
{
	o->reports.mail.password_file = value;
	return 0;
}

int set_send_ca_file(struct options *o, const char *value, struct err *err)
{
	o->send_ca_file = value;
	return 0;
}

int options_check_sending(struct options *o, struct err *err)
{
	o->reports.mail.ca_file = o->reports.hook.ca_file = o->send_ca_file;
	o->attacker_hook.ca_file = o->send_ca_file;
	if (o->attacker_hook.headers_file && !o->attacker_hook.url)
		return err_set(err, -EINVAL, "--attacker-headers-file takes --attacker-webhook");
	return reporter_check(&o->reports, err);
}
