// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-console export --corpus`: the requests of confirmed attacks. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "console/console.h"
#include "console/corpus.h"
#include "console/db.h"
#include "console/state.h"
#include "console/store.h"
#include "console/when.h"

/* Alerts that are looked at: the newest. */
#define ALERTS_MAX 100000

static int add_alert(void *ctx, struct text json)
{
	return corpus_add(ctx, json);
}

static int put_corpus(struct db *db, const struct options *o, struct buf *out, struct err *err)
{
	_cleanup_corpus_ struct corpus corpus = { 0 };
	struct filter f = { .level = -1, .state = STATE_INCIDENT };
	int res = corpus_init(&corpus, err);

	if (o->app)
		f.text[FILTER_APP] = (struct text){ o->app, strlen(o->app) };
	if (o->since_given)
		f.since = when_now() - o->since;
	if (!res)
		res = store_each(db, &f, ALERTS_MAX, add_alert, &corpus, err);
	if (res)
		return res;
	corpus_write(out, &corpus, o->corpus_format);
	log_info("%zu requests; %zu alerts have none that could be sent", corpus.nr,
		 corpus.left_out);
	return 0;
}

int cmd_export(const struct options *o, struct err *err)
{
	if (!o->corpus)
		return err_set(err, -EINVAL, "what to export? --corpus is what there is");
	return print_of_store(o, put_corpus, err);
}
