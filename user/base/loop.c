// SPDX-License-Identifier: GPL-2.0-only
#include "base/loop.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/util.h"

int loop_init(struct loop *l, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->sources); i++)
		l->sources[i].fd = -1;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return l->epoll_fd < 0 ? err_set(err, -errno, "cannot wait for events: %s", strerror(errno))
			       : 0;
}

static struct loop_source *find_source(struct loop *l, int fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->sources); i++) {
		if (l->sources[i].fd == fd)
			return &l->sources[i];
	}
	return NULL;
}

static void drop_source(struct loop *l, struct loop_source *s)
{
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	if (s->timer)
		close(s->fd);
	*s = (struct loop_source){ .fd = -1 };
}

void loop_fini(struct loop *l)
{
	if (l->epoll_fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(l->sources); i++) {
		if (l->sources[i].fd >= 0)
			drop_source(l, &l->sources[i]);
	}
	close(l->epoll_fd);
	l->epoll_fd = -1;
}

static int add_source(struct loop *l, struct loop_source source, struct err *err)
{
	struct loop_source *s = find_source(l, -1);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };

	if (!s)
		return err_set(err, -ENOSPC, "cannot wait for more than %d things at once",
			       LOOP_SOURCES_MAX);
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, source.fd, &ev))
		return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
	*s = source;
	return 0;
}

int loop_add(struct loop *l, int fd, loop_fn fn, void *ctx, struct err *err)
{
	return add_source(l, (struct loop_source){ .fd = fd, .fn = fn, .ctx = ctx }, err);
}

void loop_remove(struct loop *l, int fd)
{
	struct loop_source *s = fd < 0 ? NULL : find_source(l, fd);

	if (s)
		drop_source(l, s);
}

int loop_timer(struct loop *l, double first, double interval, loop_fn fn, void *ctx,
	       struct err *err)
{
	struct itimerspec spec = {
		.it_value = { first, fmod(first, 1) * NSEC_PER_SEC },
		.it_interval = { interval, fmod(interval, 1) * NSEC_PER_SEC },
	};
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct loop_source source = { .fd = fd, .timer = true, .fn = fn, .ctx = ctx };
	int ret;

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL))
		return err_set(err, -errno, "cannot make a timer: %s", strerror(errno));
	ret = add_source(l, source, err);
	if (!ret)
		(void)TAKE_FD(fd);
	return ret;
}

int loop_once(struct loop *l, int ms, struct err *err)
{
	struct epoll_event events[LOOP_SOURCES_MAX];
	int n = epoll_wait(l->epoll_fd, events, ARRAY_SIZE(events), ms);

	if (n < 0 && errno != EINTR)
		return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		/* An earlier one may have removed it. */
		const struct loop_source *s = events[i].data.ptr;
		uint64_t times;

		if (s->fd < 0 || (s->timer && read(s->fd, &times, sizeof(times)) < 0))
			continue;
		s->fn(s->ctx);
	}
	return 0;
}
