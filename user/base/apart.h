/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that are kept long. */
#pragma once

/*
 * A descriptor (O_PATH) of the same file through a mount of its own, so that the mount that the
 * file is in can be unmounted meanwhile.  Where that cannot be had (another mount namespace, no
 * CAP_SYS_ADMIN) it is a duplicate.  -errno.
 */
int file_apart(int fd);
