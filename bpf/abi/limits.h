/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every bound that both sides must agree on. */
#pragma once

/* One event on the ring buffer, header included.  A power of two: the BPF side masks with it. */
#define PHRUDE_EVENT_MAX (64 * 1024)
/* Bytes of one captured str, bytes or int payload; a power of two. */
#define PHRUDE_PAYLOAD_MAX (32 * 1024)
/* Digits of one captured int, 30 bits each. */
#define PHRUDE_DIGITS_MAX 4096
/* Parameters (or call arguments) of one call that are captured. */
#define PHRUDE_ARGS_MAX 64
/* Value nodes of one argument: containers, their ends and their elements. */
#define PHRUDE_NODES_MAX 1024
/* Containers inside containers. */
#define PHRUDE_DEPTH_MAX 8
/* Frames of the call stack, the called function's own not included. */
#define PHRUDE_FRAMES_MAX 128
/*
 * Of a deeper stack the outermost ones are among them, so many.  Functions between those and the
 * innermost ones.
 */
#define PHRUDE_FRAMES_OUTER 32
#define PHRUDE_BETWEEN_MAX 256
/* Bytes of a function name or a file name in a frame record. */
#define PHRUDE_NAME_MAX 256
#define PHRUDE_PATH_MAX 1024
/* Bytes of a C function's documentation, whose head is its signature; a power of two. */
#define PHRUDE_DOC_MAX 1024
/*
 * Bytes of one value of a request (of its cookies twice as many), and of the event that are kept
 * free for all of them; headers looked at.
 */
#define PHRUDE_REQUEST_VALUE_MAX 2048
#define PHRUDE_REQUEST_SPACE (8 * 1024)
#define PHRUDE_HEADERS_MAX 64
/*
 * Bytes of a request's body, or of what became of it, and value nodes of the latter; the names of
 * uploads.
 */
#define PHRUDE_BODY_MAX (16 * 1024)
#define PHRUDE_BODY_NODES_MAX 512
#define PHRUDE_UPLOADS_MAX 16
/* Other headers than those that an alert shows; bytes of one, and of all of them. */
#define PHRUDE_OTHERS_MAX 16
#define PHRUDE_OTHER_MAX 1024
#define PHRUDE_OTHERS_SPACE (8 * 1024)
/* Bytes of a line table (co_linetable, co_lnotab) that are sent. */
#define PHRUDE_LINETABLE_MAX (32 * 1024)
/*
 * Characters of a function name, and trailing characters of a file name, that the kernel side
 * hashes. Longer names in a rule are refused when the rules are read.
 */
#define PHRUDE_MATCH_NAME_MAX 128
#define PHRUDE_MATCH_FILE_MAX 256
/*
 * Bytes of what a process executes that are sent when it does: the path of its executable, and its
 * command line.
 */
#define PHRUDE_EXE_MAX 4096
#define PHRUDE_CMDLINE_MAX (16 * 1024)
/* Processes, distinct (function, file) pairs. */
#define PHRUDE_PROCS_MAX 4096
#define PHRUDE_TARGETS_MAX 4096
/* Functions that processes are spared, each of each. */
#define PHRUDE_SHED_MAX 4096

#define PHRUDE_ABI_VERSION 2
