/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that holds a process's interpreter, and where it is mapped. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "elf/elf_file.h"

struct py_image {
	struct elf_file *elf;
	char *path; /* as the target's mappings name it */
	uint64_t load_bias;
	bool is_library;
	/*
	 * The executable where that is another file: it may hold its own copies of a library's
	 * variables.
	 */
	struct elf_file *exe;
	uint64_t exe_bias;
	/* the path of another interpreter that runs in the process, NULL: there is none */
	char *beside;
};

/* -ESRCH, -ENOEXEC, -EOPNOTSUPP, -EACCES, -EPERM, -EAGAIN as py_interp_open(). */
int py_image_find(pid_t pid, struct py_image *out, struct err *err);
void py_image_fini(struct py_image *img);
/* Is a program's file an interpreter, or does it need the library of one? */
bool py_image_is_program(const struct elf_file *elf);
/* Address in the process of one of the interpreter's variables. -ENOENT. */
int py_image_variable(const struct py_image *img, const char *name, uint64_t *addr);
