/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose files this process relies on: root's, those of the user that it runs as, and, under sudo,
 * those of the user who called it and could become root anyway.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * The user who called sudo, from SUDO_UID and SUDO_GID as they are in the environment.  False if
 * this process does not run as root or one of them is not there or no number; `bad`, unless NULL,
 * tells the latter.
 */
bool trust_sudo_user(uid_t *uid, gid_t *gid, bool *bad);
bool trust_owner(uid_t uid);
/* Can anyone else write the file, or put other files into the directory in place of those there? */
bool trust_others_write(const struct stat *st);
