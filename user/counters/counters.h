/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is counted: by the kernel side (bpf/abi/stats.h), and by this one.  One list for the
 * summary line and for docs/architecture.md, whose table has these very texts.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "bpf/abi/stats.h"

/* X(name, key, class, help), as in bpf/abi/stats.h */
#define USER_COUNTERS(X)                                                                           \
	X(alerts, "alerts", count,                                                                 \
	  "matches that a rule reported, once for each rule, but for those held back, of which "   \
	  "there is one for many")                                                                 \
	X(suppressed, "suppressed", count,                                                         \
	  "matches that a rule reported and a rate limit held back, once for each rule")           \
	X(rolled_up, "rolled_up", count, "alerts that stand for matches that were held back")      \
	X(held, "lost_held", lost,                                                                 \
	  "matches that were held back and that no alert stands for, as there were enough of "     \
	  "them, or no memory")                                                                    \
	X(malformed, "lost_malformed", lost,                                                       \
	  "records that could not be decoded, or for which there was no memory")                   \
	X(unwritten, "lost_unwritten", lost,                                                       \
	  "alerts that could not be written, or that their reader did not take in time, summed "   \
	  "up over all outputs")                                                                   \
	X(refused, "lost_refused", lost,                                                           \
	  "alerts that the receiver of an output would not have, summed up over all outputs")      \
	X(spool_dropped, "lost_spool", lost,                                                       \
	  "alerts that were dropped, the oldest first, from spools that were full")                \
	X(spooled, "spooled", count, "alerts that are left in spools, for the next run to send")   \
	X(not_rotated, "not_rotated", count,                                                       \
	  "times that the file of an output was to be rotated and could not be; it grows on")      \
	X(forks_late, "forks_late", cut,                                                           \
	  "children that ran before their probes were in place, those included that were forked "  \
	  "while their parent was being attached to")                                              \
	X(starts_late, "starts_late", cut,                                                         \
	  "Pythons under `run` whose start was not seen: they ran before they were recognised")    \
	X(imports_late, "imports_late", cut,                                                       \
	  "imports whose thread could not be stopped (a debugger had it, or it was the parent of " \
	  "a vfork) while probes were put on")                                                     \
	X(programs_unseen, "programs_unseen", cut,                                                 \
	  "processes that exec'ed a new interpreter and ended before it could be looked at, or "   \
	  "before it could be told whether they fit a target")                                     \
	X(places_refused, "places_refused", cut,                                                   \
	  "functions written in C that have no probe, as no file bears out what the process says " \
	  "of their place")                                                                        \
	X(looks_given_up, "looks_given_up", cut,                                                   \
	  "processes that did not answer a look, and are not looked into any more")                \
	X(looks_put_off, "looks_put_off", cut,                                                     \
	  "looks that were not taken, or later, as their family had taken too much time or no "    \
	  "worker could be started")                                                               \
	X(reloads_refused, "reloads_refused", cut,                                                 \
	  "processes that go by the rules from before a reload, as they did not answer when it "   \
	  "was their turn")                                                                        \
	X(changes_late, "changes_late", cut,                                                       \
	  "processes that were chosen anew some seconds after their user or cgroup had changed, "  \
	  "as the kernel side had not told of it")                                                 \
	X(labels_restarts, "labels_restarts", count,                                               \
	  "times that the API server was asked anew for the labels of pods, after an error or as " \
	  "what it had told last was too old")                                                     \
	X(labels_refused, "labels_refused", cut,                                                   \
	  "pods whose labels are not known, as what the API server says of them has not its "      \
	  "form, or is too much")                                                                  \
	X(arms_given_up, "arms_given_up", cut,                                                     \
	  "requests to arm that were not met: the target's memory did not answer, or it has "      \
	  "several interpreters that run at once")                                                 \
	X(arms_cut, "arms_cut", cut,                                                               \
	  "what may have been functions to arm and was left out: too many")                        \
	X(arms_late, "arms_late", cut,                                                             \
	  "requests whose thread may have gone on while something was written")                    \
	X(files_cut, "files_cut", cut,                                                             \
	  "parts of files that were not read: too much of files was held already")                 \
	X(lines_unknown, "lines_unknown", cut, "frames without a line number")                     \
	X(redacted, "redacted", count, "secrets that were taken out of alerts")                    \
	X(redacted_unread, "redacted_unread", cut,                                                 \
	  "texts that were taken out of alerts as a whole, as they were not searched for "         \
	  "secrets within the bounds")

enum counter {
	/* Those of the kernel side come first, by their own numbers. */
	COUNTER_OF_USER = NR_PHRUDE_STATS - 1,
#define X(name, key, class, help) COUNTER_##name,
	USER_COUNTERS(X)
#undef X
		NR_COUNTERS,
};

enum counter_class { COUNTER_COUNT, COUNTER_LOST, COUNTER_CUT };

struct counter_info {
	const char *key, *help;
	enum counter_class class;
};

extern const struct counter_info counter_info[NR_COUNTERS];

/* The sum of all that is lost. */
uint64_t counters_lost(const uint64_t values[NR_COUNTERS]);
/* Appends "hits 1, matches 1, alerts 1, lost 0", and those others that are not zero. */
void counters_summary(struct buf *out, const uint64_t values[NR_COUNTERS]);
