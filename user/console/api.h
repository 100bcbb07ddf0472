/* SPDX-License-Identifier: GPL-2.0-only */
/* What the routes run: see struct route in http.h. */
#pragma once

#include "console/http.h"

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

/* api_report.c */
int api_report(struct request *rq, struct reply *rp, struct err *err);
int api_exceptions(struct request *rq, struct reply *rp, struct err *err);

/* api_pages.c */
int api_overview(struct request *rq, struct reply *rp, struct err *err);
int api_sessions(struct request *rq, struct reply *rp, struct err *err);
int api_session_story(struct request *rq, struct reply *rp, struct err *err);
int api_senders(struct request *rq, struct reply *rp, struct err *err);
int api_sender_report(struct request *rq, struct reply *rp, struct err *err);

/* api_live.c */
int api_live(struct request *rq, struct reply *rp, struct err *err);
