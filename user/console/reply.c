// SPDX-License-Identifier: GPL-2.0-only
/* What goes back to a client, errors included. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "console/assets.h"
#include "console/http_priv.h"

/*
 * Nothing is loaded from elsewhere, nothing written within a page runs or styles it, and no other
 * site shows it in a frame.
 */
static const char *const headers[][2] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
	  "'self'; "
	  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

static unsigned int status_of(int res)
{
	static const struct {
		int error;
		unsigned int status;
	} statuses[] = {
		{ -EINVAL, MHD_HTTP_BAD_REQUEST },
		{ -ENOKEY, MHD_HTTP_UNAUTHORIZED },
		{ -EACCES, MHD_HTTP_FORBIDDEN },
		{ -ENOENT, MHD_HTTP_NOT_FOUND },
		{ -EOPNOTSUPP, MHD_HTTP_METHOD_NOT_ALLOWED },
		{ -E2BIG, MHD_HTTP_CONTENT_TOO_LARGE },
		{ -EAGAIN, MHD_HTTP_TOO_MANY_REQUESTS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (statuses[i].error == res)
			return statuses[i].status;
	}
	return MHD_HTTP_SERVICE_UNAVAILABLE;
}

void reply_json(struct reply *rp, unsigned int status)
{
	rp->status = status;
	rp->type = "application/json";
}

static void make_error(const struct request *rq, struct reply *rp, int res, const struct err *err)
{
	buf_fini(&rp->body);
	rp->body = (struct buf){ 0 };
	rp->file = NULL;
	reply_json(rp, status_of(res));
	if (rp->status == MHD_HTTP_SERVICE_UNAVAILABLE && res != -ETIMEDOUT)
		log_error("%s", err->msg);
	if (!rp->retry_after && (res == -EAGAIN || res == -ENOSPC || res == -EBUSY))
		rp->retry_after = res == -EAGAIN ? 1 : 10;
	if (res == -ENOKEY && rq->route && rq->route->is_page) {
		asset_find(TEXT("/login.html"), &rp->fixed, &rp->type);
		return;
	}
	buf_adds(&rp->body, "{\"error\":");
	text_json(&rp->body, (struct text){ err->msg, strlen(err->msg) });
	buf_addc(&rp->body, '}');
}

static struct MHD_Response *make_response(struct reply *rp)
{
	struct MHD_Response *response;

	if (rp->stream)
		return rp->stream;
	if (rp->fixed.s)
		return MHD_create_response_from_buffer(rp->fixed.len, (void *)rp->fixed.s,
						       MHD_RESPMEM_PERSISTENT);
	if (rp->body.failed)
		return NULL;
	response = MHD_create_response_from_buffer(rp->body.len, rp->body.data ?: "",
						   rp->body.data ? MHD_RESPMEM_MUST_FREE
								 : MHD_RESPMEM_PERSISTENT);
	if (response)
		rp->body = (struct buf){ 0 };
	return response;
}

enum MHD_Result reply_send(struct request *rq, struct reply *rp, int res, const struct err *err)
{
	enum MHD_Result result = MHD_NO;
	struct MHD_Response *response;
	char number[16], disposition[64];

	if (res)
		make_error(rq, rp, res, err);
	response = make_response(rp);
	if (response) {
		for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
			MHD_add_response_header(response, headers[i][0], headers[i][1]);
		MHD_add_response_header(response, "Content-Type", rp->type);
		if (rp->cookie.len && !rp->cookie.failed)
			MHD_add_response_header(response, "Set-Cookie", rp->cookie.data);
		if (rp->file) {
			snprintf(disposition, sizeof(disposition), "attachment; filename=%s",
				 rp->file);
			MHD_add_response_header(response, "Content-Disposition", disposition);
		}
		snprintf(number, sizeof(number), "%u", rp->retry_after);
		if (rp->retry_after)
			MHD_add_response_header(response, "Retry-After", number);
		result = MHD_queue_response(rq->connection, rp->status, response);
		MHD_destroy_response(response);
	}
	buf_fini(&rp->body);
	buf_fini(&rp->cookie);
	return result;
}
