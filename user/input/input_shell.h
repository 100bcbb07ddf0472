/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of command lines: what is known of programs by their names. */
#pragma once

#include "input/input_internal.h"

/* "A=b" before a command. */
bool input_is_assignment(struct text word);
/* Could the word, behind a launcher, be what it starts?  Options, assignments and times are not. */
bool input_is_program(struct text word);
/* Does the program start what its arguments name: env, sudo, timeout, ...? By its path or name. */
bool input_is_launcher(struct text program);
/* Does it run programs that its options name: tar, find, git, ssh, ...? */
bool input_runs_programs(struct text program);

/*
 * Judges the words that a program is started with, words[0] being the program; *word: which of them
 * makes it an attack, *at: where in that.
 */
enum input_verdict input_judge_words(const struct input_sink *words, size_t nr_words, size_t *word,
				     size_t *at);
