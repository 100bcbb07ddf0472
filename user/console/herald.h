/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells a webhook of new attackers.  They wait in memory, as many as have room; what fails is tried
 * again; what is lost is counted, and said.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "console/attackers.h"
#include "console/hook.h"

/* Attackers that may wait, and those that are told at once. */
#define HERALD_WAITING_MAX 1000
#define HERALD_TOLD_MAX 50

struct herald;

/* *out is NULL where nobody is to be told.  The settings have to live longer. */
int herald_start(const struct hook_settings *s, struct herald **out, struct err *err);
/* Returns at once. `h` NULL: nobody is told. */
void herald_add(struct herald *h, const struct attacker_news *news, size_t nr);
/* Appends {"told","waiting","lost","failures"}, or null. */
void herald_put(struct herald *h, struct buf *out);
/* Tells what waits, if that works at once. */
void herald_stop(struct herald *h);
DEFINE_CLEANUP(herald_stopp, struct herald, herald_stop);
