// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cases run in processes that a driver in Python forks, all under one `phrude-trace run`.  An
 * alert belongs to the case whose process raised it, or the parent of that process; what the driver
 * itself did on the way is told from the case's code by the callers.
 */
#include "suite/suite.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"
#include "suite/suite_dir.h"

/* user/suite/test_driver.py */
extern const char suite_driver[], suite_driver_end[];
__asm__(".pushsection .rodata\n"
	".global suite_driver\n"
	"suite_driver:\n"
	".incbin \"user/suite/test_driver.py\"\n"
	".global suite_driver_end\n"
	"suite_driver_end:\n"
	".byte 0\n"
	".popsection\n");

DEFINE_CLEANUP(json_freep, cJSON, cJSON_Delete);

static void add_string(cJSON *map, const char *name, const char *text)
{
	if (text)
		cJSON_AddStringToObject(map, name, text);
	else
		cJSON_AddNullToObject(map, name);
}

static int write_code(const struct suite_dir *dir, const char *name, const char *file,
		      const char *text, struct err *err)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", name, file);
	return suite_dir_write(dir, path, text, strlen(text), err);
}

static int prepare_case(const struct rule_case *c, const struct suite_dir *dir, const char *name,
			cJSON *manifest, struct err *err)
{
	cJSON *map = cJSON_CreateObject(), *needs, *files;
	char path[PATH_MAX];
	int ret;

	cJSON_AddItemToArray(manifest, map);
	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	add_string(map, "directory", path);
	add_string(map, "setup", c->setup);
	add_string(map, "python", c->python);
	needs = cJSON_AddArrayToObject(map, "needs");
	for (size_t i = 0; i < c->nr_needs; i++)
		cJSON_AddItemToArray(needs, cJSON_CreateString(c->needs[i]));
	files = cJSON_AddObjectToObject(map, "files");
	for (size_t i = 0; i < c->nr_files; i++)
		add_string(files, c->files[i].name, c->files[i].text);
	ret = suite_dir_case(dir, name, err);
	if (!ret && c->setup)
		ret = write_code(dir, name, "setup.py", c->setup, err);
	if (!ret)
		ret = write_code(dir, name, "case.py", c->code, err);
	return ret ? ret : suite_dir_give(dir, name, err);
}

/* By its alert a process sees that it is traced. */
static const char watching[] = "- name: phrude-trace test\n"
			       "  func: phrude_trace_is_watching\n"
			       "  file: driver.py\n"
			       "  level: info\n";

static int prepare_suite(const struct rule_case_set *cases, const struct suite_dir *dir,
			 struct err *err)
{
	_cleanup_(json_freep) cJSON *manifest = cJSON_CreateArray();
	_cleanup_free_ char *text = NULL;
	int ret;

	for (size_t i = 0; i < cases->nr_cases; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%zu", i);
		ret = prepare_case(&cases->cases[i], dir, name, manifest, err);
		if (ret)
			return ret;
	}
	text = cJSON_PrintUnformatted(manifest);
	if (!text)
		return err_set(err, -ENOMEM, "out of memory");
	ret = suite_dir_write(dir, "manifest.json", text, strlen(text), err);
	if (!ret)
		ret = suite_dir_write(dir, "watching.yaml", watching, sizeof(watching) - 1, err);
	if (!ret)
		ret = suite_dir_write(dir, "driver.py", suite_driver,
				      suite_driver_end - suite_driver, err);
	if (!ret)
		ret = suite_dir_file(dir, "results", true, err);
	return ret ? ret : suite_dir_file(dir, "alerts", false, err);
}

/* The child: this program again, its messages in a file. */
static void exec_run(const struct suite_dir *tmp, const char *const *rules, size_t nr_rules,
		     const char *python)
{
	const char *dir = tmp->path;
	char driver[PATH_MAX], watch[PATH_MAX], manifest[PATH_MAX], results[PATH_MAX],
		alerts[PATH_MAX], log[PATH_MAX];
	const char **argv = calloc(nr_rules * 2 + 24, sizeof(*argv));
	size_t n = 0;
	int fd;

	snprintf(driver, sizeof(driver), "%s/driver.py", dir);
	snprintf(watch, sizeof(watch), "%s/watching.yaml", dir);
	snprintf(manifest, sizeof(manifest), "%s/manifest.json", dir);
	snprintf(results, sizeof(results), "%s/results", dir);
	snprintf(alerts, sizeof(alerts), "%s/alerts", dir);
	snprintf(log, sizeof(log), "%s/log", dir);
	fd = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (!argv || fd < 0)
		_exit(1);
	dup2(fd, 1);
	dup2(fd, 2);
	argv[n++] = "phrude-trace";
	argv[n++] = "run";
	for (size_t i = 0; i < nr_rules; i++) {
		argv[n++] = "--rules";
		argv[n++] = rules[i];
	}
	argv[n++] = "--rules";
	argv[n++] = watch;
	argv[n++] = "--disabled";
	argv[n++] = "--format=json";
	argv[n++] = "--output";
	argv[n++] = alerts;
	/* As root unless it was asked for otherwise, under sudo as well. */
	if (tmp->user || !geteuid()) {
		argv[n++] = "--user";
		argv[n++] = tmp->user ? tmp->user->name : "0";
	}
	argv[n++] = "--";
	argv[n++] = python;
	argv[n++] = "-B";
	argv[n++] = driver;
	argv[n++] = manifest;
	argv[n++] = results;
	argv[n++] = alerts;
	execv("/proc/self/exe", (char *const *)argv);
	_exit(1);
}

static int run_traced(const struct suite_dir *dir, const char *const *rules, size_t nr_rules,
		      const char *python, struct err *err)
{
	_cleanup_buf_ struct buf log = { 0 };
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_set(err, -errno, "cannot start a process: %s", strerror(errno));
	if (!pid)
		exec_run(dir, rules, nr_rules, python);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status)
		return 0;
	suite_dir_read(dir, "log", &log);
	while (log.len && log.data[log.len - 1] == '\n')
		log.data[--log.len] = '\0';
	return err_set(err, -ECHILD, "the test cases could not be run under %s: %.800s", python,
		       log.data ? log.data : "");
}

static char *copy_string(const cJSON *map, const char *name)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(map, name));

	return s ? strdup(s) : NULL;
}

static void take_results(struct buf *text, struct suite_result *results, size_t n)
{
	char *save = NULL, *line = strtok_r(text->data, "\n", &save);

	for (size_t i = 0; i < n && line; i++, line = strtok_r(NULL, "\n", &save)) {
		_cleanup_(json_freep) cJSON *map = cJSON_Parse(line);
		const cJSON *pid = cJSON_GetObjectItemCaseSensitive(map, "pid");

		results[i].ran = true;
		results[i].pid = cJSON_IsNumber(pid) ? pid->valueint : 0;
		results[i].skip = copy_string(map, "skip");
		results[i].error = copy_string(map, "error");
	}
}

static int int_at(const cJSON *map, const char *name)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(map, name);

	return cJSON_IsNumber(n) ? n->valueint : 0;
}

static const char *string_at(const cJSON *map, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(map, name)) ?: "";
}

/* Who raised the alert: the case's own code, or the driver and the set-up before it? */
static bool raised_by_case(const cJSON *alert, const char *dir)
{
	const cJSON *caller;
	bool by_driver = false;

	cJSON_ArrayForEach(caller, cJSON_GetObjectItemCaseSensitive(alert, "callers"))
	{
		const char *file = string_at(caller, "file");

		if (!str_starts(file, dir))
			continue;
		if (str_ends(file, "/case.py"))
			return true;
		by_driver |= str_ends(file, "/driver.py");
	}
	/* Neither: in a thread, or in a program that the case started. */
	return !by_driver;
}

static bool arg_fits(const cJSON *arg, const char *expected)
{
	_cleanup_free_ char *text = NULL;

	if (cJSON_IsString(arg))
		return str_eq(arg->valuestring, expected);
	if (cJSON_IsBool(arg))
		return str_eq(expected, cJSON_IsTrue(arg) ? "True" : "False");
	if (cJSON_IsNull(arg))
		return str_eq(expected, "None");
	text = arg ? cJSON_PrintUnformatted(arg) : NULL;
	return text && str_eq(text, expected);
}

static bool args_fit(const struct rule_case *c, const cJSON *args)
{
	for (size_t i = 0; i < c->nr_args; i++) {
		if (!arg_fits(cJSON_GetObjectItemCaseSensitive(args, c->args[i].name),
			      c->args[i].text))
			return false;
	}
	return true;
}

static void take_alert(const cJSON *alert, const struct rule_case_set *cases,
		       const char *const *rule_names, const char *dir, struct suite_result *results)
{
	const cJSON *process = cJSON_GetObjectItemCaseSensitive(alert, "process");
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(alert, "args");
	const char *name = string_at(cJSON_GetObjectItemCaseSensitive(alert, "rule"), "name");
	int pid = int_at(process, "pid"), ppid = int_at(process, "ppid");

	for (size_t i = 0; i < cases->nr_cases; i++) {
		struct suite_result *r = &results[i];

		if (!r->pid || (r->pid != pid && r->pid != ppid) || !str_eq(name, rule_names[i]) ||
		    !raised_by_case(alert, dir))
			continue;
		r->alerts++;
		r->args_fit |= args_fit(&cases->cases[i], args);
		free(r->args);
		r->args = cJSON_PrintUnformatted(args);
	}
}

/* A line of the log: "phrude-trace: warning: pid N: M matches ... were not reported: WHY". */
static void take_loss(const char *line, struct suite_result *results, size_t n)
{
	const char *said = strstr(line, " pid ");
	char *rest;
	long pid;

	if (!said || !strstr(line, "not reported"))
		return;
	pid = strtol(said + strlen(" pid "), &rest, 10);
	if (!str_starts(rest, ": "))
		return;
	for (size_t i = 0; i < n; i++) {
		if (results[i].pid == pid && !results[i].lost)
			results[i].lost = strdup(rest + strlen(": "));
	}
}

int suite_run(const struct rule_case_set *cases, const char *const *rule_names,
	      const char *const *rules, size_t nr_rules, const char *python,
	      const struct user *user, struct suite_result **out, struct err *err)
{
	_cleanup_(suite_dir_remove) struct suite_dir dir = { .path = "" };
	_cleanup_buf_ struct buf results = { 0 }, alerts = { 0 }, log = { 0 };
	char *save = NULL;
	int ret;

	ret = suite_dir_make(&dir, user, err);
	if (!ret)
		ret = prepare_suite(cases, &dir, err);
	if (!ret)
		ret = run_traced(&dir, rules, nr_rules, python, err);
	if (ret)
		return ret;
	if (suite_dir_read(&dir, "results", &results) || suite_dir_read(&dir, "alerts", &alerts))
		return err_set(err, -EIO, "the test cases left no results under %s", python);
	*out = calloc(cases->nr_cases, sizeof(**out));
	if (!*out)
		return err_set(err, -ENOMEM, "out of memory");
	take_results(&results, *out, cases->nr_cases);
	for (char *line = strtok_r(alerts.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		_cleanup_(json_freep) cJSON *alert = cJSON_Parse(line);

		take_alert(alert, cases, rule_names, dir.path, *out);
	}
	suite_dir_read(&dir, "log", &log);
	for (char *line = log.data ? strtok_r(log.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		take_loss(line, *out, cases->nr_cases);
	return 0;
}

void suite_results_free(struct suite_result *results, size_t n)
{
	for (size_t i = 0; results && i < n; i++) {
		free(results[i].args);
		free(results[i].skip);
		free(results[i].error);
		free(results[i].lost);
	}
	free(results);
}
