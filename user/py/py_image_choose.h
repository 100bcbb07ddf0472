/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the interpreters' files that a process has mapped is the one that runs. */
#pragma once

#include <stddef.h>

#include "py/py_image.h"

#define PY_IMAGES_MAX 8

/* At least one; the executable, if it is one, comes first. */
struct py_images {
	struct py_image list[PY_IMAGES_MAX]; /* each without its `exe` */
	size_t count;
	struct elf_file *exe; /* as in struct py_image */
	uint64_t exe_bias;
};

/* Moves the one that runs out of `images` to *out. */
void py_image_choose(pid_t pid, struct py_images *images, struct py_image *out);
