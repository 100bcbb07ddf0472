/* SPDX-License-Identifier: GPL-2.0-only */
/* Internet addresses and ranges of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* IPv4 addresses are held as IPv4-mapped IPv6 ones, so that ::ffff:192.0.2.1 is 192.0.2.1. */
struct ip_network {
	uint8_t address[16];
	unsigned int bits; /* of the address that count: 128 for a single one */
};

/* Reads an address, IPv6 with or without brackets and a zone.  False if it is none. */
bool ip_address_parse(struct text text, struct ip_network *out);
/* Reads "ADDRESS/BITS"; false if it is none. */
bool ip_network_parse(struct text text, struct ip_network *out);
/*
 * Appends it in its one form: an IPv4-mapped address as IPv4, "/BITS" unless all bits count, and
 * nothing of those that do not.
 */
void ip_network_put(struct buf *out, const struct ip_network *net);
bool ip_network_holds(const struct ip_network *net, const struct ip_network *address);
