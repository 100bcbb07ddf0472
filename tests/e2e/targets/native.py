# SPDX-License-Identifier: GPL-2.0-only
"""Calls of functions written in C, audit events and children, all of known number."""

import functools
import multiprocessing
import operator
import os
import pathlib
import posix
import subprocess
import sys
import threading
import time
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


def methods(through_call):
    """What each of the calls is of, and on what."""
    expected = []
    numbers = [1, 2]
    calls = (("str.format", "<{}|{x}>", "<{}|{x}>".format, (1,), {"x": 2}),
             ("str.format", "by its type {}", str.format, ("by its type {}", "y"), {}),
             ("bytes.split", b"a,b", b"a,b".split, (b",",), {"maxsplit": 1}),
             ("bytes.split", b"c d", bytes.split, (b"c d",), {}),
             ("list.insert", numbers, numbers.insert, (0, "three"), {}),
             ("list.insert", numbers, list.insert, (numbers, 1, pathlib.Path("/x")), {}),
             ("itemgetter.__repr__", "CLASS:itemgetter", operator.itemgetter(1).__repr__, (), {}),
             ("dict.fromkeys", None, dict.fromkeys, ("ab", 1), {}),
             ("str.maketrans", None, str.maketrans, ("a", "b"), {}),
             ("getpgid", None, posix.getpgid, (0,), {}))
    for name, subject, function, arguments, keywords in calls:
        # A slot; and of a static method 3.15 does not tell which type it is of.
        if through_call and name in ("itemgetter.__repr__", "str.maketrans"):
            continue
        expected.append([name, "absent" if subject is None else talk.shown(subject)])
        if through_call:
            functools.lru_cache(maxsize=0)(function)(*arguments, **keywords)
        else:
            function(*arguments, **keywords)
    return expected


def types(n):
    """Types written in C are called; how often each of the rules' should count is returned."""
    import _struct
    import _pickle
    import io

    class Derived(_struct.Struct):
        pass

    class Own(_struct.Struct):
        def __init__(self, format):
            super().__init__(format)

    for _ in range(n):
        _struct.Struct("<I")
        list(map(_struct.Struct, ("<I", "<B")))
        Derived("<I")
        Own("<I")
        FileNotFoundError("one of many that share their slots")
        PermissionError("another")
        try:
            raise PermissionError("and one more")
        except OSError:
            pass
        frozenset("vectorcall")
        frozenset(*("abc",))
        functools.partial(posix.getpid)()
        functools.partial(zlib.crc32, b"y", value=1)
        repr(operator.itemgetter(1))
        _pickle.Unpickler(io.BytesIO(b"N."), encoding="latin-1").load()
    return {"Struct": 5 * n, "FileNotFoundError": n, "PermissionError.__init__": 2 * n, "frozenset": 2 * n, "partial.__new__": 2 * n,
            "Unpickler": n, "itemgetter.__repr__": n}


def cython(n):
    import gevent._gevent_cgreenlet as module
    for _ in range(n):
        module.get_my_hub(module.get_hub_noargs())
    return n


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
        try:
            os.rename("/nonexistent/phrude-1", "/nonexistent/phrude-2")
        except FileNotFoundError:
            pass
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


def plain(number):
    return number


def other(number):
    return number


def _paced(calls, step, pause):
    """So many calls of crc32, audit events and plain(), others between them, and a rest after each `step`."""
    for number in range(calls["crc32"]):
        zlib.crc32(b"x")
        zlib.adler32(b"x")
        if number % step == 0:
            time.sleep(pause)
    for number in range(calls["audit"]):
        sys.audit("phrude.test", number)
        sys.audit("phrude.other")
        if number % step == 0:
            time.sleep(pause)
    for number in range(calls["plain"]):
        plain(number)
        other(number)
        if number % step == 0:
            time.sleep(pause)


def burst(calls, threads, children, step, pause, wait):
    """The calls of each thread and each forked child; a child waits before it starts."""
    pids = []
    for _ in range(children):
        pid = os.fork()
        if not pid:
            status = 1
            try:
                time.sleep(wait)
                _paced(calls, step, pause)
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)
    workers = [threading.Thread(target=_paced, args=(calls, step, pause)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [os.waitpid(pid, 0)[1] for pid in pids]


_array = bytearray(b"a b")
_group = BaseExceptionGroup("g", [ValueError()]) if sys.version_info >= (3, 11) else None


def imported(module):
    return module in sys.modules


def types_and_dicts(n):
    """Fills the interpreter's cache of attributes with them, side by side."""
    crowd = type("Crowd", (), {"a%d" % number: ({}, str, bytes, bytearray)[number % 4] for number in range(n)})
    for number in range(n):
        getattr(crowd, "a%d" % number)


def one_of_each(n):
    """n calls of all that doctor is asked about: calls by rule, and the methods named split."""
    through = functools.lru_cache(maxsize=0)(bytearray)
    for _ in range(n):
        zlib.crc32(b"x")
        os.putenv("PHRUDE_TEST", "1")
        plain(1)
        through()
        "a b".split()
        b"a b".split()
        _array.split()
        if _group:
            _group.split(ValueError)
    import _bz2
    _bz2.BZ2Compressor().compress(b"x")
    splits = 4 if _group else 3
    return {"crc32": n, "os.putenv": n, "plain": n, "bytearray": n, "split": splits * n, "compress": 1}


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        call_all_ways(int(sys.argv[2]))
    else:
        talk.serve(call_all_ways=call_all_ways, in_threads=in_threads, arguments=arguments, late=late, methods=methods,
                   types=types, cython=cython, audited=audited, children=children, burst=burst,
                   one_of_each=one_of_each, types_and_dicts=types_and_dicts, imported=imported)
