/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of the kernel side, one per-CPU array slot each.
 * X(enum name, key in summary and metrics, class, help); class is one of
 *   count  plain count
 *   lost   a match (or possible match) that could not be delivered
 *   cut    a match delivered with a part missing
 */
#pragma once

#define PHRUDE_STATS(X)                                                                           \
	X(HITS, "hits", count, "probe firings in traced processes")                               \
	X(MATCHES, "matches", count, "hits whose function and file fit a rule")                   \
	X(DISMISSED, "dismissed", count,                                                          \
	  "matches like one that the conditions of its rules had kept from being reported")       \
	X(LOST_RING, "lost_ring_full", lost, "matches lost because the ring buffer was full")     \
	X(LOST_SCRATCH, "lost_no_scratch", lost, "matches lost because no scratch slot was free") \
	X(LOST_RATE, "lost_rate", lost,                                                           \
	  "matches of processes that made more of them than --rate allows")                       \
	X(LOST_SHARE, "lost_share", lost,                                                         \
	  "matches of processes that used more than their share of the ring buffer")              \
	X(LOST_SLOTS, "lost_slots", lost,                                                         \
	  "matches of processes that used more than their share of the scratch slots")            \
	X(LOST_UNREADABLE, "lost_unreadable", lost,                                               \
	  "hits whose function could not be read from the target's memory")                       \
	X(LOST_PROC, "lost_process_events", lost,                                                 \
	  "forks, execs or exits of traced processes that could not be reported or followed")     \
	X(LOST_ARM, "lost_arm", lost,                                                             \
	  "functions that could not be armed in time: some later calls of theirs are not seen")   \
	X(LOST_EXEC, "lost_exec", lost, "hits between an exec and its being recognised")          \
	X(LOST_IMPORT, "lost_import", lost,                                                       \
	  "imports of modules written in C whose functions could not be probed in time")          \
	X(CUT_ARGS, "cut_args", cut, "matches with arguments cut at a bound")                     \
	X(CUT_STACK, "cut_stack", cut, "matches with callers of which nothing is known")          \
	X(CUT_MIDDLE, "cut_middle", cut,                                                          \
	  "matches with so many callers that those in the middle are not shown")                  \
	X(CUT_UNREADABLE, "cut_unreadable", cut,                                                  \
	  "matches with an argument that could not be read")                                      \
	X(FETCH_FAILED, "fetch_failed", cut,                                                      \
	  "pages of targets that did not come in time, or were not asked for any more")           \
	X(FACTS_LATE, "facts_late", cut,                                                          \
	  "execs whose command line and executable could only be looked up later, if at all")     \
	X(LINETABLE_LOST, "linetable_lost", cut, "line tables that could not be sent")

enum phrude_stat {
#define X(name, key, class, help) PHRUDE_STAT_##name,
	PHRUDE_STATS(X)
#undef X
		NR_PHRUDE_STATS,
};
