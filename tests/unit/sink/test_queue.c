// SPDX-License-Identifier: GPL-2.0-only
/* The queue of an output: a ring that goes round, and holds references. */
#include "alert/sample.h"

#include "sink/queue.h"

TEST(a_ring)
{
	struct written *alerts[3], *first[4];
	struct buf scratch = { 0 };
	struct sample sample;
	struct queue q;

	sample_init(&sample);
	for (int i = 0; i < 3; i++)
		alerts[i] = written_make(WRITTEN_JSON, &sample.alert, &scratch);
	ASSERT(queue_init(&q, 2));
	ASSERT_EQ(queue_peek(&q, first, 4), 0);
	for (int i = 0; i < 10; i++) {
		queue_push(&q, alerts[i % 3]);
		queue_push(&q, alerts[(i + 1) % 3]);
		ASSERT_EQ(queue_peek(&q, first, 4), 2);
		ASSERT(first[0] == alerts[i % 3] && first[1] == alerts[(i + 1) % 3]);
		ASSERT_EQ(q.bytes, alerts[0]->len + alerts[1]->len);
		ASSERT_EQ(alerts[i % 3]->refs, 2);
		queue_drop(&q, 1);
		ASSERT_EQ(alerts[i % 3]->refs, 1);
		ASSERT_EQ(queue_peek(&q, first, 1), 1);
		ASSERT(first[0] == alerts[(i + 1) % 3]);
		/* The next round begins at another place. */
		queue_drop(&q, 1);
		queue_push(&q, alerts[0]);
		queue_drop(&q, 1);
		ASSERT_EQ(q.bytes, 0);
	}
	queue_push(&q, alerts[0]);
	queue_fini(&q);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(alerts[i]->refs, 1);
		written_unref(alerts[i]);
	}
	buf_fini(&scratch);
}
