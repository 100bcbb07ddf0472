/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling a service manager how this process is doing: the protocol of sd_notify(3), whose
 * description has others speak it by themselves. Nothing here waits: what cannot be sent at once is
 * not.
 */
#pragma once

#include <stdint.h>

struct notifier {
	int fd; /* -1: nobody wants to know */
	/* so often it has to be told that all is well, or ends this process; 0: it need not */
	int64_t watchdog_ms;
};

/* By the environment, out of which it is taken: what is started does not speak for this process. */
void notify_open(struct notifier *n);
/* Lines of NAME=VALUE. */
void notify_send(const struct notifier *n, const char *lines);
void notify_close(struct notifier *n);
