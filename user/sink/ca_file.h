/* SPDX-License-Identifier: GPL-2.0-only */
/* Certificates that a peer's is to be signed by, as a file has them. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/text.h"

/*
 * Is there a certificate in it, in PEM?  Whether it is a good one turns out when somebody is
 * connected to.  0, or -errno with a sentence.
 */
int ca_file_check(const char *path, struct err *err);
bool ca_text_has_certificate(struct text text);
