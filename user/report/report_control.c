// SPDX-License-Identifier: GPL-2.0-only
/* What root asks of the running tracer, at its control socket. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event_fd.h"
#include "base/util.h"
#include "control/control.h"
#include "report/report_priv.h"

struct report_control {
	struct control *server;
	struct control_facts facts;
	int asked_fd; /* counts up when the server wants numbers */
};

/* In the server's thread, and so is the next one. */
static void ask_main_thread(void *ctx)
{
	const struct report_control *c = ctx;

	event_fd_tell(c->asked_fd);
}

static int time_programs(void *ctx)
{
	return kern_time_programs();
}

static char *copy_text(const char *text, bool *failed)
{
	char *made = text ? strdup(text) : NULL;

	*failed |= text && !made;
	return made;
}

struct listing {
	struct control_processes *list;
	const struct guard *guard; /* NULL: costs do not matter */
};

/* Says whether there is room for more. */
static bool add_process(void *ctx, const struct targets_seen *seen)
{
	struct listing *listing = ctx;
	struct control_processes *list = listing->list;
	const struct cost_process *p =
		listing->guard ? cost_book_find(guard_costs(listing->guard), seen->pid) : NULL;
	bool failed = false;

	if (list->count == MIN(list->total, (size_t)CONTROL_PROCESSES_MAX))
		return false;
	list->list[list->count++] = (struct control_process){
		.pid = seen->pid,
		.since_ns = seen->since_ns,
		.state = targets_state_names[seen->state],
		.exe = copy_text(seen->exe, &failed),
		.python = copy_text(seen->python, &failed),
		.target = copy_text(seen->target, &failed),
		.cpu = p ? p->cpu : 0,
	};
	return !failed;
}

static void on_asked(void *ctx)
{
	struct report *r = ctx;
	struct control_processes *list;

	event_fd_take(r->control->asked_fd);
	report_publish(r, false);
	list = control_processes_new(targets_known(r->parts.targets));
	if (list)
		targets_list(r->parts.targets, add_process,
			     &(struct listing){ list, r->parts.guard });
	control_give(r->control->server, list);
}

int report_start_control(struct report *r, struct published *published, struct err *err)
{
	const struct config *c = r->config.config;
	struct report_control *ec = calloc(1, sizeof(*ec));
	int ret;

	if (!ec)
		return err_set(err, -ENOMEM, "out of memory");
	r->control = ec;
	ec->facts = (struct control_facts){
		.pid = getpid(),
		.started_ns = clock_ns(CLOCK_REALTIME),
		.since_ns = clock_now_ns(),
		.mode = "detect",
		.config = r->config.config_file,
	};
	ec->asked_fd = event_fd_open(err);
	if (ec->asked_fd < 0)
		return ec->asked_fd;
	ret = loop_add(r->config.loop, ec->asked_fd, on_asked, r, err);
	if (!ret)
		ret = control_start(&(struct control_config){ .path = c->control,
							      .published = published,
							      .facts = &ec->facts,
							      .ask = ask_main_thread,
							      .time_programs = time_programs,
							      .ctx = ec },
				    &ec->server, err);
	/* Where another one listens, or the folder is not there, no target is at fault. */
	return ret ? err_prefix(err, -EIO, "--control") : 0;
}

void report_stop_control(struct report *r)
{
	if (!r->control)
		return;
	control_stop(r->control->server);
	if (r->control->asked_fd >= 0)
		close(r->control->asked_fd);
	free(r->control);
}
