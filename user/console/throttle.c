// SPDX-License-Identifier: GPL-2.0-only
#include "console/throttle.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "console/when.h"

/* With more of them at once the one that failed longest ago is forgotten. */
#define ENTRIES 1024

struct entry {
	char who[72];
	unsigned int failures;
	int64_t last;
};

static struct entry entries[ENTRIES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_for(const struct entry *e, const char *who)
{
	return e->failures && strncmp(e->who, who, sizeof(e->who) - 1) == 0;
}

static struct entry *find_entry(const char *who)
{
	for (size_t i = 0; i < ENTRIES; i++) {
		if (is_for(&entries[i], who))
			return &entries[i];
	}
	return NULL;
}

static struct entry *find_or_make(const char *who)
{
	struct entry *e = find_entry(who), *oldest = &entries[0];

	if (e)
		return e;
	for (size_t i = 0; i < ENTRIES; i++) {
		if (entries[i].last < oldest->last)
			oldest = &entries[i];
	}
	oldest->failures = 0;
	snprintf(oldest->who, sizeof(oldest->who), "%s", who);
	return oldest;
}

static unsigned int penalty(unsigned int failures)
{
	if (failures < THROTTLE_FREE)
		return 0;
	return MIN(1u << MIN(failures - THROTTLE_FREE, 20u), (unsigned int)THROTTLE_MAX_S);
}

unsigned int throttle_wait(const char *who, int64_t now)
{
	const struct entry *e;
	int64_t until;
	unsigned int wait = 0;

	pthread_mutex_lock(&lock);
	e = find_entry(who);
	if (e) {
		until = e->last + penalty(e->failures) * WHEN_SECOND;
		if (until > now)
			wait = (until - now + WHEN_SECOND - 1) / WHEN_SECOND;
	}
	pthread_mutex_unlock(&lock);
	return MIN(wait, (unsigned int)THROTTLE_MAX_S);
}

void throttle_failed(const char *who, int64_t now)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	e = find_or_make(who);
	/* A quarter of an hour without a failure, and all is forgotten. */
	if (now - e->last > 15 * WHEN_MINUTE)
		e->failures = 0;
	e->failures++;
	e->last = now;
	pthread_mutex_unlock(&lock);
}

void throttle_succeeded(const char *who)
{
	struct entry *e;

	pthread_mutex_lock(&lock);
	e = find_entry(who);
	if (e)
		*e = (struct entry){ 0 };
	pthread_mutex_unlock(&lock);
}
