// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks into targets (base/look.h), and what becomes of one that does not answer: it is not looked
 * into any more until it execs; what is probed goes on being traced.  What descends from one target
 * shares an allowance, as a target could otherwise exec programs that do not answer for ever.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/util.h"
#include "targets/targets_priv.h"

/* What a look may take without being counted: most take less. */
#define FREE_NS (10 * NSEC_PER_MSEC)
/* A family may take a tenth of the time with longer looks, and this at once. */
#define SHARE 10
#define BURST_NS (1000 * NSEC_PER_MSEC)
/*
 * After so many looks without an answer there are no more.  Each may have left a worker behind for
 * good.
 */
#define FAILURES_MAX 12
#define WHO_MAX 60

static struct family *family_of(struct targets *t, const struct process *p)
{
	return &t->families[p->family % ARRAY_SIZE(t->families)];
}

/* What it took is forgotten with time. */
static int64_t taken(struct family *f)
{
	int64_t now = clock_now_ns();

	f->taken = MAX(f->taken - (now - f->since) / SHARE, 0);
	f->since = now;
	return f->taken;
}

bool targets_look_begin(struct targets *t, struct process *p, struct look *look)
{
	struct family *f = family_of(t, p);

	if (p->deaf || (!look_current() && (f->failures >= FAILURES_MAX || taken(f) > BURST_NS))) {
		t->looks_put_off += !p->put_off && !p->deaf;
		p->put_off = true;
		return false;
	}
	p->put_off = false;
	look_begin(look, p->pid, LOOK_LATER);
	return true;
}

bool targets_may_look_ever(struct targets *t, const struct process *p)
{
	return family_of(t, p)->failures < FAILURES_MAX;
}

/* " (python3 app.py)" */
static void put_who(struct buf *out, const struct process *p)
{
	_cleanup_buf_ struct buf words = { 0 };

	for (size_t i = 0; p->program && i < p->program->facts.nr_cmdline && words.len < WHO_MAX;
	     i++) {
		if (i)
			buf_addc(&words, ' ');
		buf_adds(&words, p->program->facts.cmdline[i]);
	}
	if (!words.len)
		return;
	buf_adds(out, " (");
	text_terminal(out, (struct text){ words.data, MIN(words.len, (size_t)WHO_MAX) });
	buf_adds(out, ")");
}

static void say_failure(struct targets *t, struct process *p, const struct look *look)
{
	_cleanup_buf_ struct buf who = { 0 };
	char why[160];

	put_who(&who, p);
	log_warn("pid %d%s: %s: modules that it imports from now on are not looked at", p->pid,
		 who.data ? who.data : "", look_failure(look, why, sizeof(why)));
	if (family_of(t, p)->failures == FAILURES_MAX)
		log_warn("pid %d and what is related to it did not answer %d times: none of them "
			 "is looked at any more",
			 p->pid, FAILURES_MAX);
}

int targets_look_end(struct targets *t, struct process *p, struct look *look)
{
	bool inner = look_current() != look;
	int ret = look_end(look);
	struct family *f = family_of(t, p);

	if (inner)
		return ret ? -ETIMEDOUT : 0;
	f->taken = taken(f) + MAX(look_spent_ns(look) - FREE_NS, 0);
	if (!ret)
		return 0;
	/* That is not this process's fault, but it goes without being looked at. */
	if (ret == -EAGAIN) {
		t->looks_put_off++;
		if (!t->said_no_worker)
			log_warn("too many readers wait for memory of targets that does not "
				 "answer: no process can be looked at before they end");
		t->said_no_worker = true;
		return -ETIMEDOUT;
	}
	p->deaf = true;
	f->failures++;
	t->looks_given_up++;
	say_failure(t, p, look);
	return -ETIMEDOUT;
}

unsigned int targets_new_family(struct targets *t)
{
	t->nr_families++;
	return t->nr_families % FAMILIES_MAX;
}

unsigned int targets_strangers(uid_t uid)
{
	return FAMILIES_MAX + uid % STRANGERS_MAX;
}
