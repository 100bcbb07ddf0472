# SPDX-License-Identifier: GPL-2.0-only
"""Calls of functions written in C, audit events and children, all of known number."""

import functools
import multiprocessing
import os
import posix
import subprocess
import sys
import threading
import zlib

import talk


def call_all_ways(n):
    """Each call of crc32 another way; posix.getpgid and others are not to be seen."""
    stored = zlib.crc32
    for _ in range(n):
        zlib.crc32(b"plain")
        stored(b"stored", 1)
        stored(*(b"star",))
        list(map(stored, (b"map", b"map")))
        functools.partial(stored, b"partial")()
        zlib.adler32(b"another")
        os.getpid()
    return 6 * n


def in_threads(n, threads):
    workers = [threading.Thread(target=call_all_ways, args=(n,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return 6 * n * threads


def arguments():
    """One call of each calling convention."""
    import _struct
    posix.getpid()
    posix.getpgid(0)
    _struct.pack("<I", 7)
    compile("1", filename="name", mode="eval")
    open("/dev/null", mode="rb").close()
    "a b".split(" ", maxsplit=1)
    dict.fromkeys((1, 2), 3)
    posix.stat("/", follow_symlinks=True)
    eval("1+1")


def late():
    """Modules that were not imported before, used at once."""
    import _bz2
    _bz2.BZ2Compressor().compress(b"x")
    import _statistics
    _statistics._normal_dist_inv_cdf(0.5, 0.0, 1.0)
    return sorted({"_bz2", "_statistics"} & set(sys.modules))


def audited(n):
    for _ in range(n):
        sys.audit("phrude.test", 1, -5, "text", None, 2 ** 80)
        sys.audit("phrude.other")
        os.putenv("PHRUDE_TEST", "1")
        compile("1", "<name>", "eval")
    return n


def _child(n):
    pid = os.fork()
    if not pid:
        call_all_ways(n)
        os._exit(0)
    os.waitpid(pid, 0)


def children(n):
    """Forked by the main thread and by others, executed directly and by a shell, and all that multiprocessing does."""
    for _ in range(2):
        _child(n)
        worker = threading.Thread(target=_child, args=(n,))
        worker.start()
        worker.join()
        command = [sys.executable, __file__, "child", str(n)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        subprocess.run(" ".join(command) + "; true", shell=True, check=True, stdin=subprocess.DEVNULL)
    for method in ("fork", "spawn", "forkserver"):
        process = multiprocessing.get_context(method).Process(target=call_all_ways, args=(n,))
        process.start()
        process.join()
    return (2 * 4 + 3) * 6 * n


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        call_all_ways(int(sys.argv[2]))
    else:
        talk.serve(call_all_ways=call_all_ways, in_threads=in_threads, arguments=arguments, late=late,
                   audited=audited, children=children)
