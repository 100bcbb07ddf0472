// SPDX-License-Identifier: GPL-2.0-only
/* Matches beyond a rate limit: what is held back, and what one alert then stands for. */
#include "pipeline/owner.h"

static uint64_t offset_ns;
static uint32_t other_pid;

static void move_on(struct ev_match *head)
{
	head->hdr.time_ns += offset_ns;
	if (other_pid)
		head->hdr.pid = other_pid;
}

/* The records once more, at another time, of another process. */
static void feed_again(uint64_t later_ns, uint32_t pid)
{
	offset_ns = later_ns;
	other_pid = pid;
	feed(move_on);
}

TEST(what_is_too_many_is_held_back)
{
	struct limit_rate rate = { 3600 * 1000000000ULL, 1 };
	uint64_t first_ns;

	load(FOLDER "3.11-frame.bin");
	start_limited(RULE("one", "posonly", "") RULE("two", "Thing.method", ""), &rate);
	feed(NULL);
	ASSERT_STR(owner.alerts.data, "one: posonly <1> frame\ntwo: method <1> frame\n");
	ASSERT_EQ(owner.repeated.count, 0);
	first_ns = owner.time_ns;
	buf_reset(&owner.alerts);
	feed_again(5, 0);
	feed_again(2, 0);
	feed_again(0, 0);
	ASSERT_EQ(owner.alerts.len, 0);
	ASSERT_STR(owner.held.data, "one: none\ntwo: none\none: none\ntwo: none\none: none\n"
				    "two: none\n");
	ASSERT_EQ(pipeline.suppressed, 6);
	ASSERT_EQ(owner.dismissed, 0);
	ASSERT(owner.views > owner.views_ended);
	ASSERT(!pipeline_roll_up(&pipeline, 0));
	ASSERT(pipeline_holds(&pipeline));
	ASSERT(pipeline_roll_up(&pipeline, INT64_MAX));
	ASSERT(pipeline_roll_up(&pipeline, INT64_MAX));
	ASSERT(!pipeline_roll_up(&pipeline, INT64_MAX));
	ASSERT(!pipeline_holds(&pipeline));
	ASSERT_STR(owner.alerts.data, "one: posonly <1> frame\ntwo: method <1> frame\n");
	ASSERT_EQ(owner.repeated.count, 3);
	ASSERT_EQ(owner.time_ns, first_ns + 5);
	ASSERT_EQ(owner.repeated.since_ns, first_ns + 5);
	ASSERT_EQ(owner.repeated.until_ns, first_ns + 7);
	ASSERT_EQ(owner.views, owner.views_ended);
	ASSERT_EQ(pipeline.alerts, 4);
	ASSERT_EQ(pipeline.rolled_up, 2);
	ASSERT_EQ(pipeline.held_lost, 0);
	end();
}

TEST(processes_and_targets_are_limited_apart)
{
	struct limit_rate rate = { 3600 * 1000000000ULL, 1 };

	load(FOLDER "3.11-frame.bin");
	start_limited(RULE("one", "posonly", ""), &rate);
	feed_again(0, 7);
	feed_again(0, 8);
	feed_again(0, 7);
	ASSERT_EQ(owner.nr_alerts, 2);
	owner.target = "shop";
	feed_again(0, 7);
	feed_again(0, 8);
	ASSERT_EQ(owner.nr_alerts, 3);
	ASSERT_STR(owner.held.data, "one: none\none: shop\n");
	/* Nothing more comes of 7; that target has others. */
	pipeline_ended(&pipeline, 8);
	ASSERT(!pipeline_roll_up(&pipeline, 0));
	pipeline_ended(&pipeline, 7);
	ASSERT(pipeline_roll_up(&pipeline, 0));
	ASSERT(!pipeline_roll_up(&pipeline, 0));
	pipeline_hurry(&pipeline);
	ASSERT(pipeline_roll_up(&pipeline, 0));
	ASSERT_EQ(owner.nr_alerts, 5);
	end();
}

TEST(what_is_held_back_and_given_up_is_counted)
{
	struct limit_rate rate = { 3600 * 1000000000ULL, 1 };

	load(FOLDER "3.11-frame.bin");
	start_limited(RULE("one", "posonly", ""), &rate);
	for (int i = 0; i < 4; i++)
		feed(NULL);
	pipeline_give_up(&pipeline);
	ASSERT_EQ(pipeline.held_lost, 3);
	ASSERT(!pipeline_holds(&pipeline));
	ASSERT_EQ(owner.views, owner.views_ended);
	feed(NULL);
	ASSERT(pipeline_holds(&pipeline));
	end();
	ASSERT_EQ(owner.views, owner.views_ended);
}
