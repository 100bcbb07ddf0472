/* SPDX-License-Identifier: GPL-2.0-only */
/* Outputs that do as they are told, and alerts for them. */
#pragma once

#include "alert/sample.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/util.h"
#include "sink/sinks.h"

static struct sample sample;
static struct err err;

/* An output that does as it is told.  `path` names which of them. */
struct fake {
	atomic_int error;   /* a write fails with it */
	atomic_size_t room; /* alerts that it takes before it says -EAGAIN */
	atomic_bool hangs;
	atomic_size_t taken, writes, looks, reopened;
	atomic_bool lasting, terminal, closed;
	pthread_mutex_t text_lock;
	char last[4096];
	int pipe[2]; /* what poll() waits for */
};

static struct fake fakes[3];
static atomic_int fakes_open;

static int fake_open(const struct sink_config *config, void **out, struct err *error)
{
	if (!config->path)
		return err_set(error, -EACCES, "it cannot be opened");
	*out = &fakes[config->path[0] - 'a'];
	fakes_open++;
	return 0;
}

static const char *fake_place(const void *out)
{
	return "a place";
}

static bool fake_is_terminal(const void *out)
{
	return ((struct fake *)out)->terminal;
}

static bool fake_is_lasting(const void *out)
{
	return ((struct fake *)out)->lasting;
}

static int fake_fd(const void *out)
{
	return ((struct fake *)out)->pipe[1];
}

static int fake_write(void *out, struct written *const *alerts, size_t count,
		      struct sink_step *step)
{
	struct fake *f = out;

	f->writes++;
	while (f->hangs)
		usleep(1000);
	if (f->error)
		return -f->error;
	step->done = MIN(count, f->room);
	f->room -= step->done;
	f->taken += step->done;
	pthread_mutex_lock(&f->text_lock);
	if (step->done)
		snprintf(f->last, sizeof(f->last), "%.*s", (int)alerts[step->done - 1]->len,
			 alerts[step->done - 1]->text);
	pthread_mutex_unlock(&f->text_lock);
	return step->done < count ? -EAGAIN : 0;
}

static void fake_look(void *out)
{
	((struct fake *)out)->looks++;
}

static void fake_reopen(void *out, const char *why)
{
	((struct fake *)out)->reopened++;
}

static void fake_close(void *out)
{
	((struct fake *)out)->closed = true;
	fakes_open--;
}

static const struct sink_ops fake_ops = { .type = "fake",
					  .open = fake_open,
					  .place = fake_place,
					  .is_terminal = fake_is_terminal,
					  .is_lasting = fake_is_lasting,
					  .fd = fake_fd,
					  .write = fake_write,
					  .look = fake_look,
					  .reopen = fake_reopen,
					  .close = fake_close };

static void alerts(struct sinks *s, size_t n)
{
	while (n--)
		sinks_alert(s, &sample.alert);
	sinks_flush(s);
}

/* Within five seconds. */
#define SOON(cond)                          \
	({                                  \
		int tries_ = 5000;          \
		while (!(cond) && --tries_) \
			usleep(1000);       \
		tries_ > 0;                 \
	})
