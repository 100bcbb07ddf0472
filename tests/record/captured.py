# SPDX-License-Identifier: GPL-2.0-only
"""Functions with parameters of all kinds and arguments of all forms, for captures.  Runs on CPython 3.8 to 3.15."""

import collections
import functools
import inspect
import os
import sys

from talk import records, serve, shown, told, truth


def posonly(a, b, /, c, d=4):
    truth()


def everything(a, b=2, /, c=3, *args, d, e=5, **kwargs):
    truth()


def cells(a, b, *args, c=3, **kwargs):
    """All parameters but b are cells."""
    truth()
    return lambda: (a, args, c, kwargs)


def texts(empty, ascii, latin, ucs2, ucs4, surrogate, nul, control):
    truth()


def numbers(zero, minus, digit, big, beyond, huge, true, none, real, zero_point, infinite):
    truth()


def containers(list, tuple, dict, set, frozen, deleted, cycle, cycling, object, raw):
    truth()


class Thing:
    def method(self, a, *, b=None):
        truth()

    @classmethod
    def of_class(cls, a):
        truth()


def generator(a, b=2):
    truth()
    yield a


async def coroutine(a):
    truth()


def recursion(n):
    truth()
    return n and recursion(n - 1)


TEXTS = ["", "id; cat /etc/passwd", "caf\xe9 \xff", "\u65e5\u672c \u20ac", "smile \U0001f600", "x\ud800y", "a\0b", "\x1b[31m\n"]
NUMBERS = [0, -1, 2 ** 30, 2 ** 53, 2 ** 53 + 1, -10 ** 50, True, None, 0.1, -0.0, float("inf")]


def deleted():
    value = {number: str(number) for number in range(6)}
    del value[0], value[3]
    return value


def forms():
    cycle, cycling = [1], {"k": [2]}
    cycle.append(cycle)
    cycling["k"].append(cycling)
    return [[1, ["two", (3.5, {4})]], (), {"a": None, (1, "\xe9"): [True]}, {"\U0001f600"}, frozenset([b"x"]), deleted(),
            cycle, cycling, Thing(), b"\0'\"\xff"]


def direct():
    """For a probe at a frame's entry."""
    posonly(1, "two", c=3.5)
    everything(1, d=4)
    everything(1, 2, 3, "four", 5, d=6, z={7})
    cells("a", "b", 3, 4, c=5, x=6)
    texts(*TEXTS)
    numbers(*NUMBERS)
    containers(*forms())
    Thing().method(1, b=2)
    Thing.of_class("c")
    list(generator(b=4, a=3))
    try:
        coroutine(5).send(None)
    except StopIteration:
        pass
    recursion(2)
    return told()


def c_function(function, *arguments):
    """The truth about a call of a function that cannot tell it; its names are those that Python itself reads."""
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:
        names = [str(index) for index in range(len(arguments))]
    callers, frame = [], sys._getframe()
    while frame:
        callers.append({"function": frame.f_code.co_name, "file": frame.f_code.co_filename})
        frame = frame.f_back
    args = {name: shown(value) for name, value in zip(names, arguments)}
    records.append({"name": function.__name__, "args": args, "orders": [list(args)] * 2, "callers": callers})
    functools.lru_cache(maxsize=0)(function)(*arguments)


def through():
    """For PyObject_Call, through which lru_cache calls in every version and build."""
    def call(function, *args, **kwargs):
        return functools.lru_cache(maxsize=0)(function)(*args, **kwargs)

    call(posonly, 1, "two", c=3.5)
    call(everything, 1, d=4)
    call(everything, 1, 2, 3, "four", 5, d=6, z={7})
    call(cells, "a", "b", 3, 4, c=5, x=6)
    call(texts, *TEXTS)
    call(numbers, *NUMBERS)
    call(containers, *forms())
    call(Thing().method, 1, b=2)
    call(Thing.of_class, "c")
    c_function(max, 1, 2)
    c_function(os.fspath, "/x\udcff")
    c_function([].append, b"item")
    c_function(collections.deque, (1, 2), 5)
    return told()


if __name__ == "__main__":
    serve(direct=direct, through=through)
