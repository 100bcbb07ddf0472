/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages for the person at the terminal, on stderr, each one line behind the program's name: what
 * a target or a file wrote into it is escaped as text_terminal() does.  Who does not read them
 * loses them, which the next one says.
 */
#pragma once

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* "phrude-trace" if not called.  At the start, before any thread; the name is not copied. */
void log_set_program(const char *name);
/* Everything up to this level is printed; LOG_LEVEL_INFO at the start. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
