// SPDX-License-Identifier: GPL-2.0-only
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/handoff.h"
#include "base/look.h"
#include "base/util.h"

/* How often it is looked whether a worker that does not answer has died. */
#define SLICE_NS (20 * NSEC_PER_MSEC)
/* One that is not waiting for anything but a processor has so many times as long. */
#define BUSY_FACTOR 10
/* How long the end of one that has nothing to do is waited for. */
#define STOP_MS 50
#define SOCKET_FD 3

/* What both sides see. */
struct shared {
	struct handoff asked, answered; /* calls, and those that are done */
	worker_fn fn;
	int result;
	bool sends, returns; /* a descriptor, to the worker and back */
	bool slept;	     /* the call has waited for something, and not just for a processor */
	int64_t busy_ns;     /* what it took of a processor */
	_Alignas(64) uint8_t area[WORKER_AREA];
};

struct worker {
	pid_t pid;
	int pidfd; /* another one may wait for its end, and its id be another process's by now */
	int socket;
	struct shared *shared;
};

static __thread struct worker own = { .pidfd = -1, .socket = -1 };
static __thread uint32_t works_for;
static bool is_worker;

/* Those left behind. */
static pthread_mutex_t left_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	pid_t pid;
	uint32_t target;
} left[WORKERS_LEFT_MAX];
static atomic_size_t nr_left;
static atomic_uint_least64_t count_left, count_refused;

static int send_fd(int socket, int fd)
{
	char byte = 0;
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.space,
			      .msg_controllen = sizeof(control.space) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

/* What was sent is there already. */
static int receive_fd(int socket)
{
	char byte;
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.space,
			      .msg_controllen = sizeof(control.space) };
	int fd;

	if (recvmsg(socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return -EIO;
	if (msg.msg_flags & MSG_CTRUNC)
		return -EMFILE;
	if (msg.msg_controllen < CMSG_LEN(sizeof(int)) || control.head.cmsg_type != SCM_RIGHTS)
		return -EIO;
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

static int64_t timeval_ns(struct timeval t)
{
	return t.tv_sec * NSEC_PER_SEC + t.tv_usec * 1000;
}

static void note_usage(struct shared *sh, const struct rusage *before)
{
	struct rusage now;

	getrusage(RUSAGE_SELF, &now);
	sh->slept = now.ru_nvcsw > before->ru_nvcsw;
	sh->busy_ns = timeval_ns(now.ru_utime) + timeval_ns(now.ru_stime) -
		      timeval_ns(before->ru_utime) - timeval_ns(before->ru_stime);
}

static void serve(struct shared *sh)
{
	struct rusage before;
	struct worker_call call = { .area = sh->area, .fd_in = -1, .fd_out = -1 };
	int ret = 0;

	getrusage(RUSAGE_SELF, &before);
	if (sh->sends) {
		call.fd_in = receive_fd(SOCKET_FD);
		ret = call.fd_in < 0 ? call.fd_in : 0;
	}
	if (!ret)
		ret = sh->fn(&call);
	note_usage(sh, &before);
	if (call.fd_in >= 0)
		close(call.fd_in);
	sh->returns = call.fd_out >= 0;
	if (sh->returns) {
		int sent = send_fd(SOCKET_FD, call.fd_out);

		close(call.fd_out);
		if (sent) {
			sh->returns = false;
			ret = sent;
		}
	}
	sh->result = ret;
}

static void serve_calls(struct shared *sh)
{
	unsigned int done = 0;

	for (;;) {
		while (!handoff_comes_soon(&sh->asked, done))
			handoff_sleep(&sh->asked, done, NULL);
		serve(sh);
		done++;
		handoff_pass(&sh->answered, done);
	}
}

/*
 * One that hangs for ever must hold nothing: no probe, no pipe that somebody waits for the end of.
 */
static void become_worker(struct shared *sh, int socket, pid_t parent)
{
	int null;

	is_worker = true;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	setsid();
	prctl(PR_SET_NAME, "phrude-reader");
	if (socket != SOCKET_FD)
		dup2(socket, SOCKET_FD);
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < SOCKET_FD; i++) {
		if (null < 0)
			close(i);
		else
			dup2(null, i);
	}
	close_range(SOCKET_FD + 1, ~0u, 0);
	serve_calls(sh);
}

/* Takes those off the list that have ended at last. */
static void reap_left(void)
{
	for (size_t i = 0; i < nr_left;) {
		if (waitpid(left[i].pid, NULL, WNOHANG) == 0)
			i++;
		else
			left[i] = left[--nr_left];
	}
}

/* Threads that may each leave one behind at the same time. */
#define THREADS_MAX 8

/* Is there room for one more that hangs, in all and because of this target? */
static bool may_hang(void)
{
	size_t each = 0;
	bool may;

	pthread_mutex_lock(&left_lock);
	reap_left();
	for (size_t i = 0; works_for && i < nr_left; i++)
		each += left[i].target == works_for;
	may = nr_left < WORKERS_LEFT_MAX - THREADS_MAX && each < WORKERS_LEFT_EACH;
	pthread_mutex_unlock(&left_lock);
	if (!may)
		atomic_fetch_add(&count_refused, 1);
	return may;
}

static int start_worker(void)
{
	pid_t parent = getpid();
	struct shared *mem;
	int pair[2];

	if (!may_hang())
		return -EAGAIN;
	mem = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		   -1, 0);
	if (mem == MAP_FAILED)
		return -EAGAIN;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		munmap(mem, sizeof(struct shared));
		return -EAGAIN;
	}
	own.pid = fork();
	if (!own.pid)
		become_worker(mem, pair[1], parent);
	close(pair[1]);
	if (own.pid < 0) {
		own.pid = 0;
		close(pair[0]);
		munmap(mem, sizeof(struct shared));
		return -EAGAIN;
	}
	own.pidfd = (int)syscall(SYS_pidfd_open, own.pid, 0);
	own.socket = pair[0];
	own.shared = mem;
	return 0;
}

/* Lets go of the worker without waiting for its end. */
static void leave_worker(void)
{
	if (own.pidfd >= 0) {
		syscall(SYS_pidfd_send_signal, own.pidfd, SIGKILL, NULL, 0);
		close(own.pidfd);
	}
	pthread_mutex_lock(&left_lock);
	reap_left();
	if (waitpid(own.pid, NULL, WNOHANG) == 0 && nr_left < WORKERS_LEFT_MAX) {
		left[nr_left].pid = own.pid;
		left[nr_left++].target = works_for;
	}
	pthread_mutex_unlock(&left_lock);
	close(own.socket);
	munmap(own.shared, sizeof(struct shared));
	own = (struct worker){ .pidfd = -1, .socket = -1 };
}

/* On a machine that is busy a worker may wait for nothing but a processor. */
static bool wants_processor(pid_t pid)
{
	char path[32], text[512], *p;
	_cleanup_close_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	p = strrchr(text, ')');
	return p && str_starts(p, ") R");
}

static bool is_dead(pid_t pid)
{
	siginfo_t si = { 0 };

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) || si.si_pid == pid;
}

static int wait_answer(struct shared *sh, unsigned int before, unsigned int ms, int64_t start_ns)
{
	int64_t patience = (int64_t)ms * NSEC_PER_MSEC;

	while (!handoff_comes_soon(&sh->answered, before)) {
		int64_t spent = clock_now_ns() - start_ns;
		struct timespec ts = { .tv_nsec = MIN(SLICE_NS, MAX(patience - spent, 1)) };

		if (spent >= patience * BUSY_FACTOR ||
		    (spent >= patience && !wants_processor(own.pid)))
			return -ETIMEDOUT;
		if (spent > SLICE_NS && is_dead(own.pid))
			return -EIO;
		if (spent >= patience)
			ts.tv_nsec = NSEC_PER_MSEC;
		handoff_sleep(&sh->answered, before, &ts);
	}
	return 0;
}

int worker_run(worker_fn fn, unsigned int ms, int fd_in, int *fd_out)
{
	struct shared *sh;
	unsigned int before;
	int64_t start_ns;
	int ret;

	if (fd_out)
		*fd_out = -1;
	if (is_worker)
		return -EDEADLK; /* a worker has none of its own */
	ret = look_allows(&ms);
	if (ret)
		return ret;
	if (works_for && nr_left && !may_hang()) {
		look_failed(-EAGAIN);
		return -EAGAIN;
	}
	if (!own.pid) {
		ret = start_worker();
		if (ret) {
			look_failed(ret);
			return ret;
		}
	}
	sh = own.shared;
	before = atomic_load(&sh->answered.count);
	sh->fn = fn;
	sh->sends = fd_in >= 0;
	if (sh->sends) {
		ret = send_fd(own.socket, fd_in);
		if (ret) {
			leave_worker();
			return ret;
		}
	}
	handoff_pass(&sh->asked, before + 1);
	start_ns = clock_now_ns();
	ret = wait_answer(sh, before, ms, start_ns);
	if (ret || sh->slept)
		look_waited(clock_now_ns() - start_ns);
	else
		look_worked(sh->busy_ns);
	if (ret) {
		atomic_fetch_add(&count_left, ret == -ETIMEDOUT);
		leave_worker();
		look_failed(ret);
		return ret;
	}
	if (sh->returns) {
		int fd = receive_fd(own.socket);

		if (fd < 0)
			return fd;
		if (fd_out)
			*fd_out = fd;
		else
			close(fd);
	}
	return sh->result;
}

unsigned int worker_patience(void)
{
	return MAX(WORKER_PATIENCE_MS, look_patience());
}

void *worker_area(void)
{
	int ret = is_worker ? -EDEADLK : own.pid ? 0 : start_worker();

	if (ret) {
		look_failed(ret);
		return NULL;
	}
	return own.shared->area;
}

void worker_works_for(uint32_t target)
{
	works_for = target;
}

void worker_start(void)
{
	worker_area();
}

void worker_stop(void)
{
	static const struct timespec ms = { .tv_nsec = NSEC_PER_MSEC };
	pid_t pid = own.pid;

	if (!pid)
		return;
	leave_worker();
	/* It does nothing, and ends at once: it should not be left to others to see that. */
	for (int i = 0; i < STOP_MS && !is_dead(pid); i++)
		nanosleep(&ms, NULL);
	pthread_mutex_lock(&left_lock);
	reap_left();
	pthread_mutex_unlock(&left_lock);
}

bool worker_is_one(void)
{
	return is_worker;
}

void worker_counts(uint64_t *left_behind, uint64_t *refused)
{
	*left_behind = atomic_load(&count_left);
	*refused = atomic_load(&count_refused);
}
