# SPDX-License-Identifier: GPL-2.0-only
"""Programs that are exec'ed from a process that is traced, and call a known number of functions; see test_children.py."""

import concurrent.futures
import multiprocessing
import subprocess
import sys

import inside
import talk


def calls(count):
    for number in range(count):
        inside.watched(number)
        inside.other(number)
    return count


def execs(programs, count):
    for _ in range(programs):
        subprocess.run([*own, __file__, "calls", str(count)], check=True, stdin=subprocess.DEVNULL)
    return programs * count


def pools(workers, tasks, count):
    spawn = multiprocessing.get_context("spawn")
    try:
        spawn.Lock()
    except OSError:
        return 0  # a chroot without /dev/shm has no pools
    with spawn.Pool(workers) as pool:
        done = sum(pool.map(calls, [count] * tasks, chunksize=1))
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        return done + sum(pool.map(calls, [count] * tasks))


if __name__ == "__main__":
    # What it was started with, before its own arguments.
    own = talk.command()[:talk.command().index(sys.argv[0])] if sys.argv[0] in talk.command() else [sys.executable]
    if sys.argv[1:2] == ["calls"]:
        calls(int(sys.argv[2]))
    elif sys.argv[1:2] == ["execs"]:
        execs(int(sys.argv[2]), int(sys.argv[3]))
    else:
        talk.serve(execs=execs, pools=pools)
