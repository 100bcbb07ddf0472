// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alerts on their way into a file or pipe that takes some of them, is another one by now, or has
 * other writers.
 */
#include "sink/stream_file.h"

#include <pthread.h>

TEST(a_file)
{
	int others;

	open_file();
	alerts(3);
	ASSERT_EQ(written, 3);
	ASSERT(stream_file_ops.is_lasting(out) && !stream_file_ops.is_terminal(out));
	ASSERT_STR(stream_file_ops.place(out), path);
	ASSERT_EQ(whole(path, &others), 3);
	ASSERT_EQ(others, 0);
	end();
}

TEST(what_others_left_without_an_end)
{
	int others;

	open_file();
	append("half");
	alerts(1);
	append("and another");
	alerts(1);
	append("a line\n");
	alerts(1);
	ASSERT_EQ(whole(path, &others), 3);
	ASSERT_EQ(others, 3);
	ASSERT(!strstr(content, "\n\n"));
	end();
}

static void *write_slowly(void *fd)
{
	usleep(50000);
	append("its other half\n");
	return flock(*(int *)fd, LOCK_UN) ? fd : NULL;
}

/* The first alert into a file meets another tracer that has been kept from a processor half way. */
TEST(another_tracer_takes_its_time)
{
	pthread_t thread;
	void *failed;
	int others, fd;

	open_file();
	append("half a line, and ");
	fd = open(path, O_WRONLY);
	ASSERT_EQ(flock(fd, LOCK_EX), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, write_slowly, &fd), 0);
	alerts(1);
	ASSERT_EQ(pthread_join(thread, &failed), 0);
	ASSERT(!failed);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(others, 1);
	ASSERT(!strstr(content, "\n\n"));
	close(fd);
	end();
}

TEST(moved_deleted_cut)
{
	int others;

	open_file();
	alerts(1);
	ASSERT_EQ(rename(path, moved), 0);
	alerts(2);
	ASSERT_EQ(whole(moved, &others), 1);
	ASSERT_EQ(whole(path, &others), 2);
	ASSERT_EQ(unlink(path), 0);
	look();
	ASSERT_EQ(access(path, F_OK), 0);
	ASSERT_EQ(unlink(path), 0);
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(truncate(path, 0), 0);
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(written, 5);
	ASSERT_EQ(st->opened, 3);
	end();
}

TEST(a_name_that_is_refused)
{
	int others;

	open_file();
	ASSERT_EQ(rename(path, moved), 0);
	ASSERT_EQ(symlink("nowhere", path), 0);
	alerts(1);
	ASSERT_EQ(whole(moved, &others), 1);
	/* Nobody would read it there. */
	ASSERT_EQ(unlink(moved), 0);
	alerts(2);
	ASSERT_EQ(error, ENOENT);
	ASSERT_EQ(unlink(path), 0);
	look();
	ASSERT_EQ(error, 0);
	ASSERT_EQ(whole(path, &others), 2);
	end();
}

TEST(a_full_disk)
{
	int others;

	open_file();
	alerts(1);
	may_grow_to(read_file(path) * 5 / 2);
	alerts(4);
	ASSERT_EQ(error, EFBIG);
	ASSERT_EQ(written, 2);
	ASSERT(st->begun > 0);
	may_grow_to(RLIM_INFINITY);
	look();
	ASSERT_EQ(written, 5);
	ASSERT_EQ(whole(path, &others), 5);
	ASSERT_EQ(others, 0);
	end();
}

TEST(another_writes_when_there_is_room_again)
{
	int others;

	open_file();
	alerts(1);
	may_grow_to(read_file(path) * 3 / 2);
	alerts(1);
	ASSERT(st->begun > 0);
	may_grow_to(RLIM_INFINITY);
	append("\nwhat another one has to say\n");
	look();
	ASSERT_EQ(whole(path, &others), 2);
	ASSERT_EQ(others, 2); /* the half, and the other's */
	ASSERT(!strstr(content, "\n\n"));
	/* Moved while one is begun: whole in the new file. */
	may_grow_to(read_file(path) + 20);
	alerts(1);
	ASSERT_EQ(st->begun, 20);
	may_grow_to(RLIM_INFINITY);
	ASSERT_EQ(rename(path, moved), 0);
	look();
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(others, 0);
	end();
}

/* Standard output is `ends[1]`, which only that has. */
static void open_stdout(int ends[2])
{
	struct sink_config config = { .ops = &stream_stdout_ops };
	int saved = dup(1);

	if (dup2(ends[1], 1) < 0)
		abort();
	close(ends[1]);
	start(&config);
	/* What is not opened anew is written to under its number. */
	if (!st->owned)
		st->fd = dup(1);
	st->owned = true;
	dup2(saved, 1);
	close(saved);
}

static int pipe_pair(int ends[2])
{
	return pipe(ends);
}

static int socket_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

TEST(a_slow_reader)
{
	static int (*const pair[])(int ends[2]) = { pipe_pair, socket_pair };

	for (size_t i = 0; i < ARRAY_SIZE(pair); i++) {
		size_t lines = 0, all = 0;
		int ends[2];
		ssize_t got;

		ASSERT_EQ(pair[i](ends), 0);
		open_stdout(ends);
		ASSERT(!stream_stdout_ops.is_lasting(out));
		ASSERT_STR(stream_stdout_ops.place(out), "standard output");
		for (; !error && all < 10000; all += 100)
			alerts(100);
		ASSERT_EQ(error, EAGAIN);
		ASSERT(written > 0 && written < all);
		while (lines < all && (got = read(ends[0], content, sizeof(content))) > 0) {
			for (ssize_t k = 0; k < got; k++)
				lines += content[k] == '\n';
			flush();
		}
		ASSERT_EQ(lines, all);
		ASSERT_EQ(written, all);
		end();
		close(ends[0]);
	}
}

TEST(a_reader_who_has_gone)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(pipe_pair(ends), 0);
	open_stdout(ends);
	alerts(1);
	close(ends[0]);
	alerts(1);
	ASSERT_EQ(error, EPIPE);
	ASSERT_EQ(written, 1);
	end();
}

TEST(a_pipe_that_cannot_be_opened_anew)
{
	int ends[2];

	ASSERT_EQ(pipe_pair(ends), 0);
	open_stdout(ends);
	st->way = STREAM_BLOCKING;
	alerts(300); /* more than the pipe takes: it does not wait */
	ASSERT_EQ(error, EAGAIN);
	ASSERT(written > 0 && queued > 0);
	ASSERT(read(ends[0], content, sizeof(content)) > 0);
	flush();
	ASSERT(written + queued == 300);
	end();
	close(ends[0]);
}
