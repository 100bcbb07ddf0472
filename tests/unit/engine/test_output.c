// SPDX-License-Identifier: GPL-2.0-only
/* Alerts on their way into a file or pipe that takes some of them, is another one by now, or has other writers. */
#include "alert/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/output.h"

static char path[64], moved[96];
static struct output out;
static struct sample sample;
static struct err err;

static void new_file(void)
{
	static int count;

	sample_init(&sample);
	log_set_level(LOG_LEVEL_ERROR);
	unsetenv("SUDO_UID");
	snprintf(path, sizeof(path), "/tmp/phrude-trace-unit-%d-%d", getpid(), count++);
	snprintf(moved, sizeof(moved), "%s.1", path);
	unlink(path);
	unlink(moved);
}

static int open_file(void)
{
	return output_open(&out, path, OUTPUT_JSON, &err);
}

static void close_file(void)
{
	output_close(&out);
	unlink(path);
	unlink(moved);
}

static void alerts(int n)
{
	while (n--)
		output_alert(&out, &sample.alert);
	output_flush(&out);
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	if (write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static char content[1 << 20];

static size_t read_file(const char *name)
{
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);

	close(fd);
	content[n] = '\0';
	return n;
}

/* Lines that are whole alerts; others are counted in `others`. */
static int whole(const char *name, int *others)
{
	int n = 0;

	*others = 0;
	read_file(name);
	for (char *line = content, *end; *line; line = end + 1) {
		size_t len;

		end = strchrnul(line, '\n');
		len = end - line;
		if (len > 2 && *line == '{' && line[len - 1] == '}' && *end)
			n++;
		else
			++*others;
		if (!*end)
			break;
	}
	return n;
}

TEST(a_file)
{
	int others;

	new_file();
	ASSERT_EQ(open_file(), 0);
	alerts(3);
	ASSERT_EQ(out.written, 3);
	ASSERT(!output_is_stalled(&out) && output_is_lasting(&out));
	ASSERT_EQ(whole(path, &others), 3);
	ASSERT_EQ(others, 0);
	close_file();
}

TEST(what_others_left_without_an_end)
{
	int others;

	new_file();
	ASSERT_EQ(open_file(), 0);
	append("half");
	alerts(1);
	append("and another");
	alerts(1);
	append("a line\n");
	alerts(1);
	ASSERT_EQ(whole(path, &others), 3);
	ASSERT_EQ(others, 3);
	ASSERT(!strstr(content, "\n\n"));
	close_file();
}

TEST(moved_deleted_cut)
{
	int others;

	new_file();
	ASSERT_EQ(open_file(), 0);
	alerts(1);
	ASSERT_EQ(rename(path, moved), 0);
	alerts(2);
	ASSERT_EQ(whole(moved, &others), 1);
	ASSERT_EQ(whole(path, &others), 2);
	ASSERT_EQ(unlink(path), 0);
	output_look(&out);
	ASSERT_EQ(access(path, F_OK), 0);
	ASSERT_EQ(unlink(path), 0);
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(truncate(path, 0), 0);
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(out.written, 5);
	ASSERT_EQ(out.opened, 3);
	close_file();
}

TEST(a_name_that_is_refused)
{
	int others;

	new_file();
	ASSERT_EQ(open_file(), 0);
	ASSERT_EQ(rename(path, moved), 0);
	ASSERT_EQ(symlink("nowhere", path), 0);
	alerts(1);
	ASSERT_EQ(whole(moved, &others), 1);
	/* Nobody would read it there. */
	ASSERT_EQ(unlink(moved), 0);
	alerts(2);
	ASSERT_EQ(out.error, ENOENT);
	ASSERT(!out.gone && !output_is_stalled(&out));
	ASSERT_EQ(unlink(path), 0);
	output_look(&out);
	ASSERT_EQ(out.error, 0);
	ASSERT_EQ(whole(path, &others), 2);
	ASSERT_EQ(out.lost, 0);
	close_file();
}

static struct rlimit limit;

/* As a full disk does. */
static void may_grow_to(rlim_t size)
{
	signal(SIGXFSZ, SIG_IGN);
	if (!limit.rlim_max && getrlimit(RLIMIT_FSIZE, &limit))
		abort();
	if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ MIN(size, limit.rlim_max), limit.rlim_max }))
		abort();
}

TEST(a_full_disk)
{
	int others;

	new_file();
	ASSERT_EQ(open_file(), 0);
	alerts(1);
	may_grow_to(read_file(path) * 5 / 2);
	alerts(4);
	ASSERT_EQ(out.error, EFBIG);
	ASSERT_EQ(out.written, 2);
	ASSERT(out.begun > 0);
	ASSERT(!output_is_stalled(&out) && !output_is_full(&out));
	/* Nothing is tried for each alert. */
	may_grow_to(RLIM_INFINITY);
	alerts(1);
	ASSERT_EQ(out.written, 2);
	output_look(&out);
	ASSERT_EQ(out.written, 6);
	ASSERT_EQ(whole(path, &others), 6);
	ASSERT_EQ(others, 0);
	close_file();
}

TEST(another_writes_when_there_is_room_again)
{
	int others;

	new_file();
	ASSERT_EQ(open_file(), 0);
	alerts(1);
	may_grow_to(read_file(path) * 3 / 2);
	alerts(1);
	ASSERT(out.begun > 0);
	may_grow_to(RLIM_INFINITY);
	append("\nwhat another one has to say\n");
	output_look(&out);
	ASSERT_EQ(whole(path, &others), 2);
	ASSERT_EQ(others, 2); /* the half, and the other's */
	ASSERT(!strstr(content, "\n\n"));
	/* Moved while one is begun: whole in the new file. */
	may_grow_to(read_file(path) + 20);
	alerts(1);
	ASSERT_EQ(out.begun, 20);
	may_grow_to(RLIM_INFINITY);
	ASSERT_EQ(rename(path, moved), 0);
	output_look(&out);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(others, 0);
	close_file();
}

TEST(more_than_is_kept)
{
	int others, n = 0;

	new_file();
	ASSERT_EQ(open_file(), 0);
	may_grow_to(10);
	while (!out.lost && n < 10000) {
		alerts(1);
		n++;
	}
	ASSERT(out.pending.len > 256 * 1024 && out.pending.len < 300 * 1024);
	ASSERT(!output_is_full(&out)); /* the ring goes on being drained */
	may_grow_to(RLIM_INFINITY);
	output_look(&out);
	ASSERT_EQ(whole(path, &others), n - 1);
	ASSERT_EQ(others, 0);
	ASSERT_EQ(out.lost, 1);
	close_file();
}

/* Standard output is a pipe, whose reader it returns. */
static int pipe_open(int *saved)
{
	int ends[2];

	sample_init(&sample);
	*saved = dup(1);
	if (pipe(ends) || dup2(ends[1], 1) < 0 || output_open(&out, NULL, OUTPUT_JSON, &err))
		abort();
	close(ends[1]);
	dup2(*saved, 1);
	close(*saved);
	return ends[0];
}

TEST(a_slow_reader)
{
	int saved, reader = pipe_open(&saved), n = 0;
	size_t lines = 0;
	ssize_t got;

	ASSERT(!output_is_lasting(&out));
	while (!output_is_full(&out) && n < 10000) {
		alerts(1);
		n++;
	}
	ASSERT(output_is_stalled(&out));
	ASSERT(out.written > 0 && out.written < (uint64_t)n);
	while (lines < (size_t)n && (got = read(reader, content, sizeof(content))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			lines += content[i] == '\n';
		output_flush(&out);
	}
	ASSERT_EQ(lines, n);
	ASSERT_EQ(out.written, n);
	ASSERT(!output_is_stalled(&out));
	output_close(&out);
	close(reader);
}

TEST(a_reader_who_is_given_up_and_comes_back)
{
	int saved, reader = pipe_open(&saved), n = 0;
	uint64_t left;
	ssize_t got;

	while (!output_is_full(&out) && n < 10000) {
		alerts(1);
		n++;
	}
	ASSERT(out.begun > 0);
	left = output_give_up(&out);
	ASSERT_EQ(out.written + left, n);
	ASSERT_EQ(out.lost, left);
	got = read(reader, content, sizeof(content));
	ASSERT(got > 0 && content[got - 1] != '\n');
	alerts(1);
	ASSERT(read(reader, content, 2) == 2);
	ASSERT_EQ(content[0], '\n');
	ASSERT_EQ(content[1], '{');
	output_close(&out);
	close(reader);
}

TEST(a_reader_who_has_gone)
{
	int saved, reader = pipe_open(&saved);

	signal(SIGPIPE, SIG_IGN);
	alerts(1);
	close(reader);
	output_hung_up(&out);
	ASSERT(out.gone);
	ASSERT_EQ(out.error, EPIPE);
	alerts(2);
	ASSERT_EQ(out.written, 1);
	ASSERT_EQ(out.lost, 2);
	output_close(&out);
}
