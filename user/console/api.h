/* SPDX-License-Identifier: GPL-2.0-only */
/* What the routes run: see struct route in http.h. */
#pragma once

#include "console/http.h"

struct db;

/*
 * api_pages.c: begins an answer in JSON that is made of what the store has, for
 * store_reader_done(); a request that takes long is given up.  0, or -errno with a sentence.
 */
int api_read_begin(struct request *rq, struct reply *rp, struct db **db, struct err *err);

/* api_access.c */
int api_setup(struct request *rq, struct reply *rp, struct err *err);
int api_sign_in(struct request *rq, struct reply *rp, struct err *err);
int api_sign_out(struct request *rq, struct reply *rp, struct err *err);
int api_who_am_i(struct request *rq, struct reply *rp, struct err *err);
int api_audit(struct request *rq, struct reply *rp, struct err *err);

/* api_alerts.c */
int api_health(struct request *rq, struct reply *rp, struct err *err);
int api_ingest(struct request *rq, struct reply *rp, struct err *err);
int api_list(struct request *rq, struct reply *rp, struct err *err);
int api_alert(struct request *rq, struct reply *rp, struct err *err);

/* api_state.c */
int api_state(struct request *rq, struct reply *rp, struct err *err);

/* api_transitions.c */
int api_transitions(struct request *rq, struct reply *rp, struct err *err);

/* api_report.c */
int api_report(struct request *rq, struct reply *rp, struct err *err);
int api_reports(struct request *rq, struct reply *rp, struct err *err);
int api_exceptions(struct request *rq, struct reply *rp, struct err *err);

/* api_pages.c */
int api_overview(struct request *rq, struct reply *rp, struct err *err);
int api_sessions(struct request *rq, struct reply *rp, struct err *err);
int api_session_story(struct request *rq, struct reply *rp, struct err *err);
int api_senders(struct request *rq, struct reply *rp, struct err *err);
int api_sender_report(struct request *rq, struct reply *rp, struct err *err);

/* api_attackers.c */
int api_attackers(struct request *rq, struct reply *rp, struct err *err);
int api_attackers_export(struct request *rq, struct reply *rp, struct err *err);
int api_release(struct request *rq, struct reply *rp, struct err *err);
int api_allow(struct request *rq, struct reply *rp, struct err *err);
int api_disallow(struct request *rq, struct reply *rp, struct err *err);

/* api_live.c */
int api_live(struct request *rq, struct reply *rp, struct err *err);
