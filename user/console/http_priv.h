/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to http.c, reply.c and routes.c. */
#pragma once

#include <microhttpd.h>

#include "console/http.h"

/* -ENOENT: no such path; -EOPNOTSUPP: the path has no such method. */
int route_find(const char *method, struct text path, const struct route **out, struct err *err);
/*
 * Is whoever sends this request who its route is for?  -ENOKEY: has to sign in or to name a key;
 * -EACCES: may not.
 */
int route_admit(struct request *rq, struct err *err);
/* Answers: with the reply if `res` is 0, else with the error; gives the reply back. */
enum MHD_Result reply_send(struct request *rq, struct reply *rp, int res, const struct err *err);
