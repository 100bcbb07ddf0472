/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that load a libpython while they run, in ways that embed.c does not: plugin WAY LIBRARY
 * SCRIPT ...
 *
 *   thread   in a thread of their own
 *   fork     and fork; the child runs it
 *   twice    after another one: WAY OTHER LIBRARY SCRIPT ...
 *   both     the same, and the other one runs, too
 *   many     after libraries that are none
 *   masked   with all signals blocked
 *   old      one before 3.8
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int count;
static char **words;

/* Before 3.8 there is no Py_BytesMain(). */
static int run_old(void)
{
	void *library = dlopen(words[0], RTLD_NOW | RTLD_GLOBAL);
	void (*start)(int) = library ? (void (*)(int))dlsym(library, "Py_InitializeEx") : NULL;
	int (*say)(const char *) =
		library ? (int (*)(const char *))dlsym(library, "PyRun_SimpleString") : NULL;

	if (!start || !say)
		return 1;
	start(0);
	return say(words[count - 1]) ? 1 : 0;
}

static int run(void)
{
	void *library = dlopen(words[0], RTLD_NOW | RTLD_GLOBAL);
	int (*start)(int, char **) =
		library ? (int (*)(int, char **))dlsym(library, "Py_BytesMain") : NULL;

	if (!start) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	return start(count, words);
}

static void *run_thread(void *result)
{
	*(int *)result = run();
	return NULL;
}

int main(int argc, char **argv)
{
	const char *way = argc > 2 ? argv[1] : "";
	int status = 1;

	words = argv + 2;
	count = argc - 2;
	if (!strcmp(way, "thread")) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run_thread, &status))
			return 1;
		pthread_join(thread, NULL);
		return status;
	}
	if (!strcmp(way, "old"))
		return run_old();
	if (!strcmp(way, "fork")) {
		if (!dlopen(words[0], RTLD_NOW | RTLD_GLOBAL))
			return 1;
		if (!fork())
			_exit(run());
		wait(&status);
		return WEXITSTATUS(status);
	}
	if (!strcmp(way, "twice") || !strcmp(way, "both")) {
		void *other = dlopen(words[0], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
		void (*start)(int) = other ? (void (*)(int))dlsym(other, "Py_InitializeEx") : NULL;

		if (!start)
			return 1;
		if (!strcmp(way, "both"))
			start(0);
		words++;
		count--;
	}
	if (!strcmp(way, "many")) {
		static const char *const names[] = { "libresolv.so.2",	  "libutil.so.1",
						     "librt.so.1",	  "libanl.so.1",
						     "libthread_db.so.1", "libnsl.so.1" };

		for (int i = 0; i < 50; i++) {
			void *library = dlopen(names[i % 6], RTLD_NOW);

			if (library)
				dlclose(library);
		}
	}
	if (!strcmp(way, "masked")) {
		sigset_t all;

		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
	}
	return run();
}
