// SPDX-License-Identifier: GPL-2.0-only
#include "metrics/published.h"

#include "base/clock.h"

const char *const metrics_thread_names[NR_METRICS_THREADS] = {
	[METRICS_MAIN] = "tracing",
	[METRICS_INTAKE] = "alerts",
};

void published_init(struct published *p, struct alert_counts *alerts)
{
	*p = (struct published){ .alerts = alerts, .lock = PTHREAD_MUTEX_INITIALIZER };
	for (enum metrics_thread t = 0; t < NR_METRICS_THREADS; t++)
		published_beat(p, t);
}

void published_set(struct published *p, const struct metrics_now *now)
{
	if (pthread_mutex_trylock(&p->lock))
		return;
	p->now = *now;
	p->number++;
	pthread_mutex_unlock(&p->lock);
}

void published_get(struct published *p, struct metrics_now *now, unsigned long *number)
{
	pthread_mutex_lock(&p->lock);
	*now = p->now;
	*number = p->number;
	pthread_mutex_unlock(&p->lock);
}

void published_beat(struct published *p, enum metrics_thread thread)
{
	atomic_store(&p->beats[thread], clock_now_ms());
}

int64_t published_age(const struct published *p, enum metrics_thread thread)
{
	return clock_now_ms() - atomic_load(&p->beats[thread]);
}

void published_set_ready(struct published *p, bool ready)
{
	atomic_store(&p->ready, ready);
}

bool published_is_ready(const struct published *p)
{
	return atomic_load(&p->ready);
}
