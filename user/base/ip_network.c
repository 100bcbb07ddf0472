// SPDX-License-Identifier: GPL-2.0-only
#include "base/ip_network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* inet_pton() of text; *v4 tells how it was written. */
static bool parse_address(struct text text, uint8_t out[16], bool *v4)
{
	char copy[INET6_ADDRSTRLEN + 1];

	if (!text.len || text.len >= sizeof(copy) || memchr(text.s, '\0', text.len))
		return false;
	memcpy(copy, text.s, text.len);
	copy[text.len] = '\0';
	*v4 = inet_pton(AF_INET, copy, out + sizeof(mapped_prefix)) == 1;
	if (*v4)
		memcpy(out, mapped_prefix, sizeof(mapped_prefix));
	return *v4 || inet_pton(AF_INET6, copy, out) == 1;
}

bool ip_address_parse(struct text text, struct ip_network *out)
{
	const char *zone;
	bool v4;

	if (text.len >= 2 && text.s[0] == '[' && text.s[text.len - 1] == ']')
		text = (struct text){ text.s + 1, text.len - 2 };
	zone = text.len ? memchr(text.s, '%', text.len) : NULL;
	if (zone)
		text.len = zone - text.s;
	out->bits = 128;
	return parse_address(text, out->address, &v4) && !(zone && v4);
}

bool ip_network_parse(struct text text, struct ip_network *out)
{
	const char *slash = text.len ? memchr(text.s, '/', text.len) : NULL;
	unsigned int bits = 0;
	struct text rest;
	bool v4;

	if (!slash || !parse_address((struct text){ text.s, slash - text.s }, out->address, &v4))
		return false;
	rest = (struct text){ slash + 1, text.s + text.len - (slash + 1) };
	if (!rest.len || rest.len > 3)
		return false;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.s[i] < '0' || rest.s[i] > '9')
			return false;
		bits = bits * 10 + (rest.s[i] - '0');
	}
	if (bits > (v4 ? 32u : 128u))
		return false;
	out->bits = v4 ? 96 + bits : bits;
	return true;
}

void ip_network_put(struct buf *out, const struct ip_network *net)
{
	uint8_t address[16] = { 0 };
	unsigned int bytes = net->bits / 8, rest = net->bits % 8;
	char text[INET6_ADDRSTRLEN];
	bool v4;

	memcpy(address, net->address, bytes);
	if (rest)
		address[bytes] = net->address[bytes] & (uint8_t)(0xff << (8 - rest));
	v4 = net->bits >= 96 && memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0;
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + 12 : address, text, sizeof(text));
	buf_adds(out, text);
	if (net->bits < 128)
		buf_printf(out, "/%u", v4 ? net->bits - 96 : net->bits);
}

bool ip_network_holds(const struct ip_network *net, const struct ip_network *address)
{
	unsigned int bytes = net->bits / 8, rest = net->bits % 8;
	uint8_t mask = 0xff << (8 - rest);

	if (memcmp(net->address, address->address, bytes) != 0)
		return false;
	return !rest || !((net->address[bytes] ^ address->address[bytes]) & mask);
}
