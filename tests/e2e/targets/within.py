# SPDX-License-Identifier: GPL-2.0-only
"""Sub-interpreters, each in a thread of its own, that call known numbers of functions; see test_within.py."""

import os
import sys
import threading

import talk

if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters

PREPARE = "import sys; sys.path.insert(0, %r); sys.dont_write_bytecode = True\n" % os.path.dirname(os.path.abspath(__file__))
CALLS = """
import inside
for number in range(%d):
    inside.watched(number)
    inside.other(number)
"""
# Its function as the first act, by what is imported with it.
NATIVE = "import _bz2; _bz2.BZ2Compressor().compress(b'x')\n"

_kept = []


def _run(identity, script):
    failed = interpreters.run_string(identity, script)
    if failed is not None:
        raise RuntimeError(str(failed))


def _in_threads(count, work):
    failed = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def come_and_go(count, calls):
    """New ones, which end again; the main one calls meanwhile."""
    import inside

    def work(number):
        identity = interpreters.create()
        _run(identity, PREPARE + CALLS % calls + NATIVE)
        for number in range(calls):
            inside.watched(number)
        interpreters.destroy(identity)

    _in_threads(count, work)
    return {"watched": 2 * count * calls, "compress": count}


def keep(count):
    for _ in range(count):
        _kept.append(interpreters.create())
        _run(_kept[-1], PREPARE + CALLS % 50)
    return len(_kept)


def use_kept(calls):
    """Those that were there, with code that was there and code that is new."""
    _in_threads(len(_kept), lambda number: _run(_kept[number], CALLS % calls + NATIVE))
    return {"watched": len(_kept) * calls, "compress": len(_kept)}


talk.serve(come_and_go=come_and_go, keep=keep, use_kept=use_kept)
