/* SPDX-License-Identifier: GPL-2.0-only */
/* Mails: addresses, and how one is written.  Pure, but for mail_send(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

#define MAIL_TO_MAX 32

struct mail_settings {
	const char *url;       /* smtp://HOST[:PORT], smtps://...; NULL: no mail is sent */
	const char *from, *to; /* addresses; with commas between several */
	const char *user, *password_file, *ca_file; /* or NULL */
};

struct mail {
	const char *id;	     /* a word, nobody else's: whoever gets it twice may tell by it */
	const char *subject; /* ASCII */
	int64_t time;
	struct text text, html;
};

/* One address, as "alerts@example.org".  -EINVAL with what is wrong. */
int mail_check_address(const char *address, struct err *err);
/* Several, with commas between them: the arena's.  -EINVAL, -ENOMEM. */
int mail_read_addresses(const char *list, struct arena *a, const char *to[MAIL_TO_MAX], size_t *nr,
			struct err *err);
/* -EINVAL: it is no URL of a mail server. */
int mail_check_url(const char *url, struct err *err);

/* Writes one, of two parts that say the same, for a server. */
void mail_write(struct buf *out, const struct mail_settings *s, const struct mail *mail);
/*
 * Sends it: 0 once the server has it.  Over TLS, with a good certificate; without only to this
 * machine, and without a password.
 */
int mail_send(const struct mail_settings *s, const struct mail *mail, struct err *err);
