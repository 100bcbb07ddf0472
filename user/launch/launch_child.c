// SPDX-License-Identifier: GPL-2.0-only
#include "launch/launch_child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/inherited.h"

/* What went wrong in the child, as it comes through the pipe. */
struct failure {
	enum { FAILED_INHERITED, FAILED_USER, FAILED_EXEC } what;
	int code;
};

static void fail_child(int fd, int what, int code)
{
	const struct failure failure = { .what = what, .code = code };

	_exit(write(fd, &failure, sizeof(failure)) < 0 ? 126 : 127);
}

static void child_main(char *const argv[], char *const envp[], const struct user *user, int go,
		       int result)
{
	ssize_t n;
	char byte;
	int ret;

	/* Until it is traced; not at all if that was not to be. */
	do
		n = read(go, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);
	ret = inherited_restore();
	if (ret)
		fail_child(result, FAILED_INHERITED, -ret);
	ret = user ? user_become(user) : 0;
	if (ret)
		fail_child(result, FAILED_USER, -ret);
	execvpe(argv[0], argv, envp);
	fail_child(result, FAILED_EXEC, errno);
}

static int pipe_cloexec(int *rd, int *wr)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*rd = fds[0];
	*wr = fds[1];
	return 0;
}

int launch_child_fork(char *const argv[], const struct user *user, struct launch_child *out,
		      struct err *err)
{
	_cleanup_close_ int go_rd = -1, go_wr = -1, result_rd = -1, result_wr = -1;
	_cleanup_(user_environment_freep) char **environment = NULL;
	pid_t pid;

	if (user) {
		environment = user_environment(user);
		if (!environment)
			return err_set(err, -ENOMEM, "out of memory");
	}
	if (pipe_cloexec(&go_rd, &go_wr) || pipe_cloexec(&result_rd, &result_wr))
		return err_set(err, -errno, "cannot start %s: %s", argv[0], strerror(errno));
	fcntl(result_rd, F_SETFL, O_NONBLOCK);
	pid = fork();
	if (pid < 0)
		return err_set(err, -errno, "cannot start %s: %s", argv[0], strerror(errno));
	if (!pid) {
		close(go_wr); /* so that the pipe ends with us */
		close(result_rd);
		child_main(argv, environment ?: environ, user, go_rd, result_wr);
	}
	*out = (struct launch_child){ .pid = pid,
				      .go = TAKE_FD(go_wr),
				      .result = TAKE_FD(result_rd) };
	return 0;
}

int launch_child_go(struct launch_child *child, const char *program, struct err *err)
{
	return write(child->go, "", 1) == 1
		       ? 0
		       : err_set(err, -errno, "cannot start %s: %s", program, strerror(errno));
}

int launch_child_result(struct launch_child *child, const char *program, const struct user *user,
			struct err *err)
{
	struct failure failure = { .what = FAILED_EXEC };
	ssize_t n = read(child->result, &failure, sizeof(failure));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n == 0)
		return 0;
	if (n != sizeof(failure))
		return err_set(err, -ENOEXEC, "cannot run %s: it did not say why", program);
	if (failure.what == FAILED_USER)
		return err_set(err, -ENOEXEC, "cannot run %s as user %s: %s", program, user->name,
			       strerror(failure.code));
	if (failure.what == FAILED_INHERITED)
		return err_set(err, -ENOEXEC, "cannot run %s with the limits it is to have: %s",
			       program, strerror(failure.code));
	return err_set(err, -ENOEXEC, "cannot run %s%s%s: %s", program, user ? " as user " : "",
		       user ? user->name : "", strerror(failure.code));
}

void launch_child_close(struct launch_child *child)
{
	if (child->go >= 0)
		close(child->go);
	if (child->result >= 0)
		close(child->result);
	child->go = child->result = -1;
}
