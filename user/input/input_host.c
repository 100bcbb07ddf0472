// SPDX-License-Identifier: GPL-2.0-only
#include "input/input_host.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

#define HOST_MAX 256

static bool is_in(uint32_t address, uint32_t network, unsigned int bits)
{
	return address >> (32 - bits) == network >> (32 - bits);
}

static bool is_inside_4(uint32_t a)
{
	static const struct {
		uint32_t network;
		unsigned int bits;
	} networks[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },	{ 0x64400000, 10 }, { 0x7f000000, 8 },
		{ 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0a80000, 16 },
		{ 0xc6120000, 15 }, { 0xe0000000, 4 },	{ 0xf0000000, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		if (is_in(a, networks[i].network, networks[i].bits))
			return true;
	}
	return a == 0xa83f8110; /* 168.63.129.16, Azure's own */
}

static uint32_t word_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_inside_6(const uint8_t a[16])
{
	static const uint8_t zero[16], nat64[12] = { 0, 0x64, 0xff, 0x9b };
	bool mapped = a[10] == 0xff && a[11] == 0xff;

	if (memcmp(a, zero, 10) == 0 && (mapped || memcmp(a, zero, 12) == 0))
		return is_inside_4(word_at(a + 12)); /* ::1 is within 0.0.0.0/8 */
	if (memcmp(a, nat64, sizeof(nat64)) == 0)
		return is_inside_4(word_at(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return is_inside_4(word_at(a + 2));
	return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0x80) == 0x80) || a[0] == 0xff;
}

/*
 * An ASCII character that stands for another: full-width forms, digits in circles, the ideographic
 * full stop; 0: none.
 */
static char folded(uint32_t ch)
{
	if (ch < 0x80)
		return ch >= 'A' && ch <= 'Z' ? (char)(ch | 32) : (char)ch;
	if (ch >= 0xff01 && ch <= 0xff5e)
		return folded(ch - 0xff01 + '!');
	if (ch >= 0x2460 && ch <= 0x2468)
		return (char)(ch - 0x2460 + '1');
	if (ch >= 0x24d0 && ch <= 0x24e9)
		return (char)(ch - 0x24d0 + 'a');
	if (ch == 0x24ea)
		return '0';
	if (ch >= 0x2080 && ch <= 0x2089)
		return (char)(ch - 0x2080 + '0');
	if (ch == 0x2070 || (ch >= 0x2074 && ch <= 0x2079))
		return (char)(ch - 0x2070 + '0');
	if (ch == 0xb9 || ch == 0xb2 || ch == 0xb3)
		return ch == 0xb9 ? '1' : (char)(ch - 0xb2 + '2');
	return ch == 0x3002 || ch == 0xff61 ? '.' : '\0';
}

/*
 * Writes the host in ASCII, lower case, without brackets and the dot at its end; 0: it cannot be.
 */
static size_t fold(struct text host, char name[HOST_MAX])
{
	size_t n = 0;

	if (host.len >= HOST_MAX)
		return 0;
	for (size_t pos = 0; pos < host.len;) {
		char c = folded(text_next(host.s, host.len, &pos));

		/* A name in another script: where it leads nobody can tell. */
		if (!c)
			return 0;
		name[n++] = c;
	}
	if (n > 1 && name[n - 1] == '.')
		n--;
	if (n > 2 && name[0] == '[' && name[n - 1] == ']') {
		n -= 2;
		memmove(name, name + 1, n);
	}
	name[n] = '\0';
	return n;
}

struct text input_host_of(struct text url)
{
	const char *pos = url.len ? memmem(url.s, url.len, "//", 2) : NULL, *end, *at;
	struct text host = { NULL, 0 };

	if (!pos)
		return host;
	host.s = pos + 2;
	for (end = host.s; end < url.s + url.len && !(*end && strchr("/?#\\", *end));)
		end++;
	at = memrchr(host.s, '@', (size_t)(end - host.s));
	if (at)
		host.s = at + 1;
	host.len = (size_t)(end - host.s);
	at = memchr(host.s, host.len && host.s[0] == '[' ? ']' : ':', host.len);
	if (at)
		host.len = (size_t)(at - host.s);
	if (host.len && host.s[0] == '[')
		host = (struct text){ host.s + 1, host.len - 1 };
	return host;
}

struct text input_host_address(struct arena *arena, struct text host)
{
	char name[HOST_MAX], *out;
	struct in_addr four;

	if (!fold(host, name) || (!str_eq(name, "localhost") && !inet_aton(name, &four)))
		return (struct text){ NULL, 0 };
	if (str_eq(name, "localhost"))
		four.s_addr = htonl(INADDR_LOOPBACK);
	out = arena_alloc(arena, INET_ADDRSTRLEN);
	if (!out || !inet_ntop(AF_INET, &four, out, INET_ADDRSTRLEN))
		return (struct text){ NULL, 0 };
	return (struct text){ out, strlen(out) };
}

bool input_host_is_inside(struct text host)
{
	static const char *const names[] = { "localhost",
					     "metadata",
					     "instance-data",
					     "ip6-localhost",
					     "ip6-loopback",
					     "localhost.localdomain",
					     "0" };
	static const char *const ends[] = { ".localhost",   ".internal",      ".local",
					    ".localdomain", ".cluster.local", "metadata.goog" };
	char name[HOST_MAX];
	struct in6_addr six;
	struct in_addr four;
	char *zone;

	if (!fold(host, name))
		return false;
	if (inet_aton(name, &four))
		return is_inside_4(ntohl(four.s_addr));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_eq(name, names[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (str_ends(name, ends[i]))
			return true;
	}
	zone = strchr(name, '%');
	if (zone)
		*zone = '\0';
	return inet_pton(AF_INET6, name, &six) == 1 && is_inside_6(six.s6_addr);
}
