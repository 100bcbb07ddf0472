/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stddef.h>

#include "py/interp.h"

/*
 * Makes the sites of the kind frame (3.8 to 3.10) those of the kind arm.
 * -errno if the code that counts runs is not of a known form.
 */
int py_sites_opcache(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites);
