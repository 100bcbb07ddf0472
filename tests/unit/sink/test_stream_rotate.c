// SPDX-License-Identifier: GPL-2.0-only
/* A file that is moved away by its size or its age. */
#include "sink/stream_file.h"

static const char *old(int n)
{
	static char name[96];

	snprintf(name, sizeof(name), "%s.%d", path, n);
	return name;
}

static int whole_old(int n)
{
	int others, found = whole(old(n), &others);

	return others ? -others : found;
}

static void remove_old(int count)
{
	while (count)
		unlink(old(count--));
}

/* Of one alert. */
static size_t length(void)
{
	size_t len;

	add(1);
	len = queue[0]->len;
	written_unref(queue[--queued]);
	return len;
}

TEST(rotated_by_size)
{
	struct stat opened;
	int others;

	open_rotated((struct sink_rotation){ .size = 1 << 20, .keep = 3 });
	st->rotation.size = 5 * length() / 2;
	alerts(20); /* in threes: each file has its size before it is moved away */
	ASSERT_EQ(written, 20);
	ASSERT_EQ(whole(path, &others), 2);
	ASSERT_EQ(whole_old(1), 3);
	ASSERT_EQ(whole_old(2), 3);
	ASSERT_EQ(whole_old(3), 3);
	ASSERT(access(old(4), F_OK));
	ASSERT_EQ(fstat(st->fd, &opened), 0);
	ASSERT_EQ(opened.st_mode & 07777, 0600);
	/* A file that was there is gone on with. */
	st->rotation.size = UINT32_MAX;
	alerts(5);
	ASSERT_EQ(whole(path, &others), 7);
	st->rotation = (struct sink_rotation){ .size = 100, .keep = 1 };
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(whole_old(1), 7);
	/* Fewer are kept than were. */
	ASSERT(access(old(2), F_OK) && access(old(3), F_OK));
	ASSERT_EQ(atomic_load(&st->not_rotated), 0);
	remove_old(3);
	end();
}

TEST(rotated_by_age)
{
	int others;

	open_rotated((struct sink_rotation){ .age_s = 3600, .keep = 2 });
	look();
	ASSERT(access(old(1), F_OK));
	alerts(2);
	look();
	ASSERT(access(old(1), F_OK));
	/* Since its first line. */
	ASSERT(st->since_s > 0);
	st->since_s -= 3600;
	look();
	ASSERT_EQ(whole_old(1), 2);
	ASSERT_EQ(whole(path, &others), 0);
	ASSERT_EQ(access(path, F_OK), 0);
	/* An empty file has no age. */
	st->since_s -= 3600;
	look();
	ASSERT(access(old(2), F_OK));
	alerts(1);
	/* Of one that was there it is the file's birth. */
	st->since_s = 0;
	look();
	ASSERT(access(old(2), F_OK));
	ASSERT(st->since_s > 1700000000);
	remove_old(2);
	end();
}

TEST(what_is_in_the_way_of_a_rotation)
{
	int others;

	open_rotated((struct sink_rotation){ .size = 1, .keep = 3 });
	alerts(2);
	ASSERT_EQ(whole_old(1), 1);
	ASSERT_EQ(symlink("nowhere", old(2)), 0);
	alerts(3);
	ASSERT_EQ(written, 5);
	ASSERT_EQ(whole(path, &others), 4);
	ASSERT_EQ(atomic_load(&st->not_rotated), 1);
	ASSERT(strstr(st->said.msg, "is no regular file"));
	/* It is not tried for each alert. */
	ASSERT_EQ(unlink(old(2)), 0);
	alerts(1);
	ASSERT_EQ(whole(path, &others), 5);
	st->retry_ms = 0;
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(whole_old(1), 5);
	ASSERT_EQ(whole_old(2), 1);
	ASSERT_EQ(atomic_load(&st->not_rotated), 1);
	remove_old(3);
	end();
}

TEST(a_rotation_waits_for_the_end_of_a_line)
{
	size_t len;
	int others;

	open_rotated((struct sink_rotation){ .size = 1, .keep = 1 });
	alerts(2);
	len = length();
	ASSERT_EQ(whole_old(1), 1);
	st->rotation.size = len + 1;
	may_grow_to(len + 20);
	alerts(2);
	ASSERT_EQ(error, EFBIG);
	ASSERT_EQ(st->begun, 20);
	/* The last one is in nobody's way any more. */
	flush();
	ASSERT(access(old(1), F_OK));
	may_grow_to(RLIM_INFINITY);
	flush();
	ASSERT_EQ(written, 4);
	ASSERT_EQ(whole_old(1), 2);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT_EQ(others, 0);
	remove_old(1);
	end();
}

TEST(a_rotation_by_turns)
{
	int others, other;

	open_rotated((struct sink_rotation){ .size = 1, .keep = 9 });
	alerts(1);
	/* Somebody has the lock: not now, and in the end without it. */
	other = open(path, O_RDONLY);
	ASSERT_EQ(flock(other, LOCK_EX), 0);
	alerts(2);
	ASSERT_EQ(whole(path, &others), 3);
	st->due_ms -= 10000;
	alerts(1);
	ASSERT_EQ(whole_old(1), 3);
	ASSERT_EQ(whole(path, &others), 1);
	close(other);
	/* Somebody has just done it. */
	ASSERT_EQ(rename(path, old(2)), 0);
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT(access(old(3), F_OK));
	/*
	 * Who was killed left half a line; whoever reads one file behind the other still finds all
	 * lines.
	 */
	append("{half");
	alerts(1);
	ASSERT_EQ(whole(path, &others), 1);
	ASSERT(read_file(old(1)) && strstr(content, "{half\n"));
	ASSERT_EQ(whole_old(2), 3);
	ASSERT_EQ(whole_old(3), 1);
	remove_old(3);
	end();
}

TEST(what_cannot_be_rotated)
{
	struct sink_config config = { .ops = &stream_file_ops,
				      .path = "/dev/null",
				      .rotation = { .size = 1, .keep = 1 } };

	ASSERT_EQ(stream_file_ops.open(&config, &out, &err), -EINVAL);
	ASSERT_STR(err.msg,
		   "cannot rotate /dev/null: it is no regular file with a name of its own");
}
