// SPDX-License-Identifier: GPL-2.0-only
#include "cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/util.h"
#include "control/control_top.h"

/* The other picture, and no cursor; and back. */
#define ENTER "\x1b[?1049h\x1b[?25l"
#define LEAVE "\x1b[?25h\x1b[?1049l"
#define HOME "\x1b[H"
#define CLEAR_LINE "\x1b[K"
#define CLEAR_REST "\x1b[J"

static const int handled[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP };

bool screen_is_there(void)
{
	return isatty(STDOUT_FILENO);
}

static void put_text(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return;
		text += n > 0 ? n : 0;
		len -= n > 0 ? n : 0;
	}
}

static void enter_screen(struct screen *s)
{
	struct termios raw = s->before;

	/* Keys come one by one and are not shown; those that make signals still do. */
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	put_text(ENTER, sizeof(ENTER) - 1);
}

static void leave_screen(const struct screen *s)
{
	put_text(LEAVE, sizeof(LEAVE) - 1);
	if (s->has_keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
}

int screen_open(struct screen *s)
{
	sigset_t set;

	*s = (struct screen){ .signal_fd = -1 };
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		sigaddset(&set, handled[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return -errno;
	s->has_keys = !tcgetattr(STDIN_FILENO, &s->before);
	s->open = true;
	enter_screen(s);
	return 0;
}

void screen_close(struct screen *s)
{
	if (s->open)
		leave_screen(s);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	s->open = false;
	s->signal_fd = -1;
}

void screen_show(const struct screen *s, const struct buf *text)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	_cleanup_buf_ struct buf out = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	buf_adds(&out, HOME);
	/* The last line stays empty: an end there would move all up. */
	control_top_fit(&out, text, size.ws_row - 1, size.ws_col, CLEAR_LINE "\r\n");
	buf_adds(&out, CLEAR_REST);
	put_text(out.data, out.len);
}

/* As whoever has stopped it wants it; goes on where it was continued. */
static void stop_on_signal(struct screen *s)
{
	leave_screen(s);
	raise(SIGSTOP);
	enter_screen(s);
}

static enum screen_event take_signals(struct screen *s)
{
	enum screen_event event = SCREEN_TIME;
	struct signalfd_siginfo si;

	while (read(s->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGTSTP)
			stop_on_signal(s);
		else if (si.ssi_signo != SIGWINCH)
			return SCREEN_END;
		event = SCREEN_CHANGE;
	}
	return event;
}

static enum screen_event take_keys(struct screen *s)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	/* A terminal that is gone says so again and again. */
	if (n <= 0)
		s->has_keys = false;
	for (ssize_t i = 0; i < n; i++) {
		if (keys[i] == 'q' || keys[i] == 'Q')
			return SCREEN_END;
	}
	return SCREEN_CHANGE;
}

enum screen_event screen_wait(struct screen *s, int ms)
{
	struct pollfd fds[] = { { s->signal_fd, POLLIN, 0 },
				{ s->has_keys ? STDIN_FILENO : -1, POLLIN, 0 } };
	enum screen_event event = SCREEN_TIME;

	if (poll(fds, ARRAY_SIZE(fds), ms) <= 0)
		return SCREEN_TIME;
	if (fds[1].revents)
		event = take_keys(s);
	if (event != SCREEN_END && fds[0].revents)
		event = take_signals(s);
	return event;
}
