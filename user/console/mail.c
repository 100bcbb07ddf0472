// SPDX-License-Identifier: GPL-2.0-only
#include "console/mail.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "console/when.h"
#include "transfer/curl.h"
#include "sink/http_headers.h"
#include "base/secret_file.h"

/* Of a line of base64; 76 characters. */
#define LINE_BYTES 57
#define ADDRESS_MAX 254
#define BOUNDARY "=_phrude-console-part"

int mail_check_address(const char *address, struct err *err)
{
	const char *at = strchr(address, '@');
	size_t len = strlen(address);

	for (size_t i = 0; i < len; i++) {
		if (address[i] <= ' ' || address[i] >= 0x7f || strchr("<>\"(),:;\\[]", address[i]))
			return err_set(err, -EINVAL, "\"%s\" is no mail address", address);
	}
	if (!at || at == address || !at[1] || strchr(at + 1, '@') || len > ADDRESS_MAX)
		return err_set(err, -EINVAL, "\"%s\" is no mail address", address);
	return 0;
}

int mail_read_addresses(const char *list, struct arena *a, const char *to[MAIL_TO_MAX], size_t *nr,
			struct err *err)
{
	int res = 0;

	*nr = 0;
	for (const char *at = list, *end; !res; at = end + 1) {
		size_t len;
		char *one;

		at += strspn(at, " ");
		end = at + strcspn(at, ",");
		for (len = end - at; len && at[len - 1] == ' '; len--)
			;
		if (*nr == MAIL_TO_MAX)
			return err_set(err, -EINVAL, "%d addresses at the most", MAIL_TO_MAX);
		one = arena_alloc(a, len + 1);
		if (!one)
			return err_set(err, -ENOMEM, "out of memory");
		memcpy(one, at, len);
		one[len] = '\0';
		to[(*nr)++] = one;
		res = mail_check_address(one, err);
		if (!*end)
			break;
	}
	return res;
}

int mail_check_url(const char *url, struct err *err)
{
	size_t scheme = str_starts(url, "smtps://") ? 8 : str_starts(url, "smtp://") ? 7 : 0;
	const char *host = url + scheme;

	if (!scheme || !*host)
		return err_set(err, -EINVAL,
			       "smtp://HOST[:PORT] or smtps://HOST[:PORT], not \"%s\"", url);
	for (const char *c = host; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr(".-:[]_", *c))
			return err_set(
				err, -EINVAL,
				"\"%c\" in it: smtp://HOST[:PORT], without user and password", *c);
	}
	return 0;
}

static void put_date(struct buf *out, int64_t time)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = time / WHEN_SECOND;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
		   months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_part(struct buf *out, const char *type, struct text t)
{
	char line[sodium_base64_ENCODED_LEN(LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];

	buf_printf(out,
		   "--" BOUNDARY "\r\nContent-Type: %s; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: base64\r\n\r\n",
		   type);
	for (size_t at = 0; at < t.len; at += LINE_BYTES) {
		sodium_bin2base64(line, sizeof(line), (const unsigned char *)t.s + at,
				  MIN(t.len - at, (size_t)LINE_BYTES),
				  sodium_base64_VARIANT_ORIGINAL);
		buf_printf(out, "%s\r\n", line);
	}
}

void mail_write(struct buf *out, const struct mail_settings *s, const struct mail *mail)
{
	put_date(out, mail->time);
	buf_printf(out,
		   "From: phrude-console <%s>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s%s>\r\n"
		   "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: multipart/alternative; boundary=\"" BOUNDARY "\"\r\n\r\n",
		   s->from, s->to, mail->subject, mail->id, strchr(s->from, '@'));
	put_part(out, "text/plain", mail->text);
	put_part(out, "text/html", mail->html);
	buf_adds(out, "--" BOUNDARY "--\r\n");
}

static int read_password(const char *path, struct buf *out, struct err *err)
{
	int res = secret_file_read(path, true, out, err);

	if (res)
		return res;
	out->len = out->data ? strcspn(out->data, "\r\n") : 0;
	if (!out->len)
		return err_set(err, -EINVAL, "%s: its first line is to be the password", path);
	out->data[out->len] = '\0';
	return 0;
}

int mail_send(const struct mail_settings *s, const struct mail *mail, struct err *err)
{
	_cleanup_buf_ struct buf text = { 0 }, password = { 0 };
	const char *to[MAIL_TO_MAX];
	struct arena arena = { 0 };
	struct curl_mail out = { .url = s->url,
				 .needs_tls = s->user || !http_url_is_local(s->url),
				 .user = s->user,
				 .ca_file = s->ca_file,
				 .from = s->from,
				 .to = to };
	int res = mail_read_addresses(s->to, &arena, to, &out.nr_to, err);

	if (!res && s->user)
		res = read_password(s->password_file, &password, err);
	mail_write(&text, s, mail);
	if (!res && text.failed)
		res = err_set(err, -ENOMEM, "out of memory");
	out.password = password.data;
	out.text = text.data;
	out.len = text.len;
	if (!res)
		res = curl_mail_send(&out, err);
	if (password.data)
		sodium_memzero(password.data, password.len);
	arena_fini(&arena);
	return res;
}
