# SPDX-License-Identifier: GPL-2.0-only
"""Stacks that are deeper than what an alert shows.  Says what they are like.  Standard library only, CPython 3.8 to 3.15."""

import os
import sys
import threading
import zlib

from talk import serve


def watched(marker):
    pass


def bottom(marker):
    """Calls what is watched, one function in Python and one in C; returns the functions of the callers."""
    watched(marker)
    zlib.crc32(marker.encode())
    callers, frame = [], sys._getframe()
    while frame:
        callers.append(frame.f_code.co_name)
        frame = frame.f_back
    return callers


def recurse(marker, n):
    return recurse(marker, n - 1) if n else bottom(marker)


def odd(marker, n):
    return even(marker, n - 1) if n else bottom(marker)


def even(marker, n):
    return odd(marker, n - 1) if n else bottom(marker)


def by_turns(marker, n):
    return odd(marker, n)


def generator(marker, n):
    if n:
        yield from generator(marker, n - 1)
    else:
        yield bottom(marker)


def generators(marker, n):
    return next(generator(marker, n))


async def coroutine(marker, n):
    return await coroutine(marker, n - 1) if n else bottom(marker)


def coroutines(marker, n):
    try:
        coroutine(marker, n).send(None)
    except StopIteration as end:
        return end.value


class Thing:
    """In its constructor, which is called in C up to 3.12, and by a frame of its own since."""

    def __init__(self, marker, n, out):
        if n:
            Thing(marker, n - 1, out)
        else:
            out[0] = bottom(marker)


def constructors(marker, n):
    out = [None]
    Thing(marker, n, out)
    return out[0]


def many(marker, n):
    """As many functions as callers: more than are told."""
    functions = {}
    for i in range(n):
        exec("def f%d(m):\n    return f%d(m)\n" % (i, i + 1), functions)
    functions["f%d" % n] = bottom
    return functions["f0"](marker)


WAYS = {"recurse": recurse, "by_turns": by_turns, "generators": generators, "coroutines": coroutines,
        "constructors": constructors, "many": many}


def above(function, n):
    """So many callers more between the request's and the outermost ones."""
    return above(function, n - 1) if n else function()


def application(environ, start_response):
    return WAYS[environ["way"]](environ["PATH_INFO"], environ["n"])


def in_the_middle(function):
    return function()


def elsewhere(function):
    return function()


def start_response(status, headers):
    pass


def call(way, n, m, marker, middle="in_the_middle"):
    environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": marker, "QUERY_STRING": "", "way": way, "n": n,
               "REMOTE_ADDR": "203.0.113.9"}
    out = []

    def run():
        out.append(above(lambda: globals()[middle](lambda: application(environ, start_response)), m))

    threading.stack_size(512 << 20)
    sys.setrecursionlimit(100000)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return out[0]


def flask(depths):
    """A view of Flask (Debian's) that recurses, and then asks for a variable."""
    from flask import Flask

    app = Flask("deep")

    def view(n, left):
        return view(n, left - 1) if left else os.getenv("TOKEN", "none")

    app.add_url_rule("/<int:n>", view_func=lambda n: view(n, n), endpoint="view")
    for n in depths:
        assert app.test_client().get("/%d" % n).data == b"none"


serve(call=call, flask=flask)
