// SPDX-License-Identifier: GPL-2.0-only
#include "sink/address.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static const struct {
	const char *prefix;
	enum address_way way;
} ways[] = {
	{ "unix:", ADDRESS_UNIX },
	{ "udp://", ADDRESS_UDP },
	{ "tcp://", ADDRESS_TCP },
	{ "tls://", ADDRESS_TLS },
};

static int read_path(const char *path, struct address *out, struct err *err)
{
	if (*path != '/')
		return err_set(err, -EINVAL, "a socket is named by a path that begins with /");
	if (strlen(path) >= sizeof(out->path))
		return err_set(err, -EINVAL, "a socket's path has %zu characters at the most",
			       sizeof(out->path) - 1);
	strcpy(out->path, path);
	return 0;
}

static int read_port(const char *port, struct address *out, struct err *err)
{
	char *end;
	unsigned long n = strtoul(port, &end, 10);

	if (!isdigit((unsigned char)*port) || *end || !n || n > 65535)
		return err_set(err, -EINVAL, "its port is a number from 1 to 65535");
	snprintf(out->port, sizeof(out->port), "%lu", n);
	return 0;
}

/* An IPv6 address stands in brackets, so that its port can be told. */
static int read_host(const char *text, struct address *out, struct err *err)
{
	const char *host = text, *end = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
	size_t len;

	if (*text == '[') {
		host++;
		if (!end || end[1] != ':')
			return err_set(err, -EINVAL, "it has no port: [ADDRESS]:PORT");
	}
	if (!end)
		return err_set(err, -EINVAL, "it has no port: HOST:PORT");
	len = (size_t)(end - host);
	if (!len || len >= sizeof(out->host))
		return err_set(err, -EINVAL, "it has no host, or too long a one");
	for (size_t i = 0; i < len; i++) {
		bool ok = isalnum((unsigned char)host[i]) || strchr("-._", host[i]) ||
			  (*text == '[' && strchr(":%", host[i]));

		if (!ok)
			return err_set(err, -EINVAL,
				       "its host is a name, an IPv4 address, or an "
				       "IPv6 address in brackets");
	}
	memcpy(out->host, host, len);
	return read_port(end + (*text == '[' ? 2 : 1), out, err);
}

int address_parse(const char *text, struct address *out, struct err *err)
{
	*out = (struct address){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const char *rest = text + strlen(ways[i].prefix);

		if (!str_starts(text, ways[i].prefix))
			continue;
		out->way = ways[i].way;
		return out->way == ADDRESS_UNIX ? read_path(rest, out, err)
						: read_host(rest, out, err);
	}
	return err_set(err, -EINVAL, "it begins with unix:, udp://, tcp:// or tls://");
}
