/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of the kernel side, one per-CPU array slot each.
 * X(enum name, key in summary and metrics, class, help); class is one of
 *   count  plain count
 *   lost   a match (or possible match) that could not be delivered
 *   cut    a match delivered with a part missing, or something that came late
 * The help is the text of docs/architecture.md, too.
 */
#pragma once

#include "event.h"

#define PHRUDE_STATS(X)                                                                            \
	X(HITS, "hits", count, "probe firings in traced processes")                                \
	X(MATCHES, "matches", count, "hits whose function and file fit a rule")                    \
	X(DISMISSED, "dismissed", count,                                                           \
	  "matches like one that the conditions of its rules had kept from being reported")        \
	X(LOST_RING, "lost_ring_full", lost,                                                       \
	  "matches lost because the ring buffer (8 MiB) was full: user space did not keep up")     \
	X(LOST_SCRATCH, "lost_no_scratch", lost,                                                   \
	  "matches lost because all scratch buffers were in use by interrupted programs")          \
	X(LOST_RATE, "lost_rate", lost,                                                            \
	  "matches of processes that made more of them, themselves or with their target, than "    \
	  "`--rate` allows")                                                                       \
	X(LOST_SHARE, "lost_share", lost,                                                          \
	  "matches of processes that had written much lately, themselves or with their target, "   \
	  "while the ring buffer was filling up")                                                  \
	X(LOST_SHED, "lost_shed", lost,                                                            \
	  "matches of rules that a process was spared, as its probes cost more than "              \
	  "`max_cpu_percent`")                                                                     \
	X(LOST_SLOTS, "lost_slots", lost,                                                          \
	  "matches of processes that used their whole share of the scratch buffers, themselves "   \
	  "or with their target")                                                                  \
	X(LOST_UNREADABLE, "lost_unreadable", lost,                                                \
	  "hits whose function's name could not be read from the target's memory")                 \
	X(LOST_PROC, "lost_process_events", lost,                                                  \
	  "forks, execs or exits of traced processes that could not be reported or followed")      \
	X(LOST_ARM, "lost_arm", lost,                                                              \
	  "functions that were to be armed, but were not in time, at the last run that is "        \
	  "noticed without that (the first; up to 3.11, where runs are counted, one of several): " \
	  "that call is seen, later ones may be missed until all of the process is looked "        \
	  "through again")                                                                         \
	X(LOST_EXEC, "lost_exec", lost,                                                            \
	  "hits between an exec and the new program being recognised")                             \
	X(LOST_IMPORT, "lost_import", lost,                                                        \
	  "imports of C modules that user space did not look at in time")                          \
	X(CUT_ARGS, "cut_args", cut, "matches delivered with arguments cut at a bound")            \
	X(CUT_STACK, "cut_stack", cut,                                                             \
	  "matches delivered with callers of which nothing is known: conditions on callers were "  \
	  "decided for reporting")                                                                 \
	X(CUT_MIDDLE, "cut_middle", cut,                                                           \
	  "matches delivered without the callers in the middle of a deep stack, on which "         \
	  "conditions were judged nevertheless")                                                   \
	X(CUT_UNREADABLE, "cut_unreadable", cut,                                                   \
	  "matches delivered with an argument that could not be read")                             \
	X(FETCH_FAILED, "fetch_failed", cut,                                                       \
	  "pages of targets that did not come in time, or were not asked for any more")            \
	X(FACTS_LATE, "facts_late", cut,                                                           \
	  "execs whose executable and command line were looked up afterwards, and are null if "    \
	  "the process had ended")                                                                 \
	X(LINETABLE_LOST, "linetable_lost", cut, "line tables that could not be sent")

enum phrude_stat {
#define X(name, key, class, help) PHRUDE_STAT_##name,
	PHRUDE_STATS(X)
#undef X
		NR_PHRUDE_STATS,
};

/*
 * Hits are counted by probe kind (enum phrude_probe), in slots behind the others; HITS itself is
 * their sum, made by user space.
 */
#define PHRUDE_STAT_HITS_OF(probe) (NR_PHRUDE_STATS + (probe))
#define PHRUDE_STAT_SLOTS PHRUDE_STAT_HITS_OF(NR_PROBES)
