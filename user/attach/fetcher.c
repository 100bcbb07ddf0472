// SPDX-License-Identifier: GPL-2.0-only
#include "attach/fetcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "py/remote.h"

#define PAGE_SZ 4096ULL
/* Workers that were given up and are still there: with so many, no other is started. */
#define STUCK_MAX 16

/* Shared with one worker. */
struct job {
	pid_t pid;
	uint32_t outcome;
	uint64_t pages[PHRUDE_FETCH_MAX];
};

struct fetcher {
	struct job *job;
	pid_t worker; /* 0: none */
	int fd;	      /* to it: a byte for each job, and one back */
	pid_t stuck[STUCK_MAX];
};

struct fetcher *fetcher_new(void)
{
	struct fetcher *f = calloc(1, sizeof(*f));

	if (f)
		f->fd = -1;
	return f;
}

static void do_job(struct job *job)
{
	job->outcome = FETCH_NONE;
	for (int i = 0; i < PHRUDE_FETCH_MAX && job->pages[i]; i++) {
		uint64_t page = job->pages[i] & ~(PAGE_SZ - 1), more = job->pages[i] % PAGE_SZ;

		for (uint64_t n = 0; n <= more; n++) {
			if (!remote_fetch(job->pid, page + n * PAGE_SZ))
				job->outcome = FETCH_SOME;
		}
	}
}

/*
 * The worker has nothing open but its socket: probes that it held open would outlive the tracer, should it be stuck for ever.
 * It comes of a process with threads: no memory is allocated.
 */
_Noreturn static void worker_main(struct job *job, int fd)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "phrude-fetch");
	if (dup2(fd, 0) < 0 || syscall(SYS_close_range, 1, ~0U, 0))
		_exit(1);
	while (read(0, &byte, 1) == 1) {
		do_job(job);
		if (write(0, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static void reap(struct fetcher *f)
{
	for (int i = 0; i < STUCK_MAX; i++) {
		if (f->stuck[i] && waitpid(f->stuck[i], NULL, WNOHANG | __WALL))
			f->stuck[i] = 0;
	}
}

static bool start(struct fetcher *f)
{
	int fds[2];

	f->job = mmap(NULL, sizeof(*f->job), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (f->job == MAP_FAILED) {
		f->job = NULL;
		return false;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0) {
		/* No signal when it ends: those of the programs that were started are waited for elsewhere. */
		f->worker = syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
		if (!f->worker)
			worker_main(f->job, fds[1]);
		close(fds[1]);
		f->fd = fds[0];
		if (f->worker > 0)
			return true;
		close(fds[0]);
		f->fd = -1;
	}
	munmap(f->job, sizeof(*f->job));
	f->job = NULL;
	f->worker = 0;
	return false;
}

static void stop(struct fetcher *f)
{
	if (!f->worker)
		return;
	kill(f->worker, SIGKILL);
	for (int i = 0; i < STUCK_MAX; i++) {
		if (!f->stuck[i]) {
			f->stuck[i] = f->worker;
			break;
		}
	}
	munmap(f->job, sizeof(*f->job));
	close(f->fd);
	f->job = NULL;
	f->fd = -1;
	f->worker = 0;
}

static bool has_room(const struct fetcher *f)
{
	for (int i = 0; i < STUCK_MAX; i++) {
		if (!f->stuck[i])
			return true;
	}
	return false;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	stop(f);
	reap(f);
	free(f);
}

static bool answered(struct fetcher *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	const struct timespec limit = { .tv_nsec = FETCH_TRY_NS };
	char byte;

	return ppoll(&p, 1, &limit, NULL) == 1 && read(f->fd, &byte, 1) == 1;
}

enum fetch_outcome fetcher_get(struct fetcher *f, pid_t pid, const uint64_t pages[PHRUDE_FETCH_MAX])
{
	reap(f);
	if (!f->worker && (!has_room(f) || !start(f)))
		return FETCH_STUCK;
	f->job->pid = pid;
	memcpy(f->job->pages, pages, sizeof(f->job->pages));
	if (send(f->fd, "", 1, MSG_NOSIGNAL) == 1 && answered(f))
		return f->job->outcome == FETCH_SOME ? FETCH_SOME : FETCH_NONE;
	log_debug("pid %d: a page of it did not come in time", pid);
	stop(f);
	return FETCH_STUCK;
}
