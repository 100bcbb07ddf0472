// SPDX-License-Identifier: GPL-2.0-only
#include "sink/http_headers.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"

int http_url_shown(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (int)(host + 3 - url + (ptrdiff_t)strcspn(host + 3, "/?#")) : 0;
}

int http_url_check(const char *url, struct err *err)
{
	size_t scheme = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
	size_t host = strcspn(url + scheme, "/?#");

	if (!scheme)
		return err_set(err, -EINVAL, "it begins with https:// or http://");
	if (!host)
		return err_set(err, -EINVAL, "it has no host");
	if (memchr(url + scheme, '@', host))
		return err_set(err, -EINVAL, "a password belongs into a file: see headers_file");
	for (const char *c = url; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f)
			return err_set(err, -EINVAL, "it has a character that no URL has");
	}
	return 0;
}

bool http_url_is_local(const char *url)
{
	static const char *const hosts[] = { "127.", "localhost:", "localhost/", "[::1]" };
	const char *host = strstr(url, "://");

	for (size_t i = 0; host && i < ARRAY_SIZE(hosts); i++) {
		if (str_starts(host + 3, hosts[i]))
			return true;
	}
	return host && str_eq(host + 3, "localhost");
}

static bool is_header(const char *line)
{
	size_t n = 0;

	while (isalnum((unsigned char)line[n]) || (line[n] && strchr("!#$%&'*+-.^_`|~", line[n])))
		n++;
	if (!n || line[n] != ':')
		return false;
	for (const char *c = line + n; *c; c++) {
		if ((unsigned char)*c < ' ' && *c != '\t')
			return false;
	}
	return true;
}

int http_headers_read(char *text, int (*add)(void *ctx, const char *line), void *ctx,
		      struct err *err)
{
	char *rest = text, *line;
	int ret = 0;

	for (int number = 1; !ret && (line = strsep(&rest, "\n")); number++) {
		size_t len = strlen(line);

		while (len && isspace((unsigned char)line[len - 1]))
			line[--len] = '\0';
		if (!len || *line == '#')
			continue;
		if (!is_header(line))
			return err_set(err, -EINVAL, "line %d is no header, \"Name: value\"",
				       number);
		ret = add(ctx, line);
	}
	return ret;
}
