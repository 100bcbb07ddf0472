/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that embeds Python: linked with a libpython, or (-DDLOPEN) loading the one named by its
 * first argument at run time, as plugins do.  No header of Python's is needed for the one function.
 */
#include <stdio.h>

#ifdef DLOPEN
#include <dlfcn.h>

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
	int (*run)(int, char **) =
		library ? (int (*)(int, char **))dlsym(library, "Py_BytesMain") : NULL;

	if (!run) {
		fprintf(stderr, "%s\n", argc > 1 ? dlerror() : "no library named");
		return 1;
	}
	argv[1] = argv[0];
	return run(argc - 1, argv + 1);
}
#else
int Py_BytesMain(int argc, char **argv);

int main(int argc, char **argv)
{
	return Py_BytesMain(argc, argv);
}
#endif
