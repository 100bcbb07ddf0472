/* SPDX-License-Identifier: GPL-2.0-only */
/* What the API server is asked, as whom. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "transfer/curl.h"

struct pod_query {
	const char *account; /* a folder with the token and the certificate of who signs */
	const char *node;
};

/*
 * Appends the URL of the pods of that node, as the environment names the server, with `more` behind
 * it: "&limit=1".  -EINVAL with a sentence: it does not, or the node is not known.
 */
int pod_query_url(const struct pod_query *q, const char *more, struct buf *out, struct err *err);
/* Appends text that may be anything to a URL. */
void pod_query_escape(struct buf *out, const char *text);
/*
 * Asks it.  kind: of object that is wanted, "PartialObjectMetadata".  -ESTALE: what was asked for
 * is too old; -ECANCELED: the feed has said so; any other -errno with a sentence.
 */
int pod_query_ask(const struct pod_query *q, const char *url, const char *kind,
		  const struct curl_feed *feed, struct err *err);
