/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an argument of a USDT is: one word of its note's argument string ("8@%rbx",
 * "-4@-12(%rbp)").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct usdt_arg {
	int8_t size; /* in bytes; negative: signed */
	uint8_t reg; /* DWARF number */
	bool memory; /* it stands at the register's value plus disp */
	int16_t disp;
};

/* Argument number n of the string. -ENOENT: there are fewer; -EOPNOTSUPP: of another form. */
int usdt_arg_parse(const char *args, unsigned int n, struct usdt_arg *out);
/* The DWARF number of a register's name, "rbx"; -ENOENT. In usdt_arg_*.c of the architecture. */
int usdt_register(const char *name, uint8_t *reg);
