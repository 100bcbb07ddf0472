/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modules frozen into the interpreter have no file: their code says `<frozen os>`, `<frozen
 * importlib._bootstrap>`.  A rule's `file` means them too.  A module "a.b" may be the file a/b.py
 * or the package a/b/__init__.py, which its name does not tell; so both patterns are reduced to the
 * stem "a/b".
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* The module named by `<frozen NAME>`. */
bool rule_frozen_module(struct text file, struct text *module);

/*
 * What of a pattern is to be compared with a module's name; false if it can mean no frozen module.
 */
bool rule_frozen_stem(struct text pattern, struct text *stem);
