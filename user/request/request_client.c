// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is the client?  The peer of the connection, unless that is a proxy that is trusted: then
 * whoever it says, and so on towards the client, up to the first that is not trusted.  What stands
 * further left is the client's own word.
 */
#include <arpa/inet.h>
#include <string.h>

#include "request/parts.h"

/* Addresses of a chain that are looked at, from the right. */
#define CHAIN_MAX 64

static bool is_trusted(const struct request_opts *opts, const struct ip_network *addr)
{
	for (size_t i = 0; i < opts->nr_proxies; i++) {
		if (ip_network_holds(&opts->proxies[i], addr))
			return true;
	}
	return false;
}

/*
 * An address as proxies write it: "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
 */
static bool parse_node(struct text s, struct ip_network *out)
{
	const char *end;

	if (s.len && s.s[0] == '[') {
		end = memchr(s.s, ']', s.len);
		if (!end || (end + 1 < s.s + s.len && end[1] != ':'))
			return false;
		s.len = (size_t)(end + 1 - s.s);
	} else if (s.len) {
		end = memchr(s.s, ':', s.len);
		/* one colon: a port behind an IPv4 address */
		if (end && end + 1 < s.s + s.len &&
		    !memchr(end + 1, ':', (size_t)(s.s + s.len - end - 1)))
			s.len = (size_t)(end - s.s);
	}
	return ip_address_parse(s, out);
}

static const char *address_string(struct arena *arena, const struct ip_network *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN];

	if (memcmp(addr->address, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, addr->address + sizeof(mapped), text, sizeof(text));
	else
		inet_ntop(AF_INET6, addr->address, text, sizeof(text));
	return request_string(arena, (struct text){ text, strlen(text) }, false);
}

static struct text trim(struct text s)
{
	while (s.len && (s.s[0] == ' ' || s.s[0] == '\t'))
		s = (struct text){ s.s + 1, s.len - 1 };
	while (s.len && (s.s[s.len - 1] == ' ' || s.s[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Takes the last item of a list with commas off its end; false if there is none left. */
static bool take_last(struct text *list, struct text *out)
{
	const char *comma;

	if (!list->s)
		return false;
	comma = list->len ? memrchr(list->s, ',', list->len) : NULL;
	if (!comma) {
		*out = trim(*list);
		list->s = NULL;
		return true;
	}
	*out = trim((struct text){ comma + 1, list->len - (size_t)(comma + 1 - list->s) });
	list->len = (size_t)(comma - list->s);
	return true;
}

/* "for" of an element of Forwarded (RFC 7239); empty if it has none. */
static struct text forwarded_for(struct text element)
{
	while (element.len) {
		const char *end = memchr(element.s, ';', element.len);
		size_t len = end ? (size_t)(end - element.s) : element.len;
		struct text pair = trim((struct text){ element.s, len });

		if (pair.len > 4 && strncasecmp(pair.s, "for=", 4) == 0) {
			pair = trim((struct text){ pair.s + 4, pair.len - 4 });
			if (pair.len >= 2 && pair.s[0] == '"' && pair.s[pair.len - 1] == '"')
				pair = (struct text){ pair.s + 1, pair.len - 2 };
			return pair;
		}
		element.s += len + (end ? 1 : 0);
		element.len -= len + (end ? 1 : 0);
	}
	return (struct text){ "", 0 };
}

/* The header that tells of the way here, and which. */
static struct text chain(struct arena *arena, const struct event_request *in, unsigned int *field)
{
	static const unsigned int fields[] = { EV_REQ_FORWARDED_FOR, EV_REQ_FORWARDED,
					       EV_REQ_REAL_IP };

	for (size_t i = 0; i < 3; i++) {
		bool cut;
		struct text s = event_request_field(arena, in, fields[i], &cut);

		*field = fields[i];
		/* Its right end, which is believed, is what a cut takes away. */
		if (s.s && !cut)
			return s;
	}
	return (struct text){ NULL, 0 };
}

const char *request_client(struct arena *arena, const struct request_opts *opts,
			   const struct event_request *in)
{
	bool cut, known, trusted;
	struct text peer = event_request_field(arena, in, EV_REQ_PEER, &cut), list, item;
	unsigned int field;
	struct ip_network addr;

	known = peer.s && !cut && parse_node(peer, &addr);
	trusted = known ? is_trusted(opts, &addr)
			: opts->trust_unix && (!peer.len || peer.s[0] == '/');
	if (trusted) {
		list = chain(arena, in, &field);
		for (int i = 0; i < CHAIN_MAX && trusted && take_last(&list, &item); i++) {
			struct ip_network next;

			if (field == EV_REQ_FORWARDED)
				item = forwarded_for(item);
			/*
			 * "unknown", a name, or nonsense: nobody vouches for what is further left.
			 */
			if (!parse_node(item, &next))
				break;
			addr = next;
			known = true;
			trusted = is_trusted(opts, &addr);
		}
	}
	if (known)
		return address_string(arena, &addr);
	/* A name, as test clients have it, or nothing. */
	return peer.len ? request_string(arena, peer, cut) : NULL;
}

const char *request_forwarded(struct arena *arena, const struct event_request *in)
{
	unsigned int field;
	struct text s = chain(arena, in, &field);

	return s.len ? request_string(arena, s, false) : NULL;
}
