# SPDX-License-Identifier: GPL-2.0-only
"""A workload whose every Python call is known: each function adds itself to `count`."""

import asyncio
import collections
import functools
import posix
import threading
import time

import talk

count = collections.defaultdict(int)  # written in C: counting is no Python call


def plain(a, b=2):
    count["plain"] += 1


def keyword(*, k):
    count["keyword"] += 1


def star(*args, **kwargs):
    count["star"] += 1


def outer(x):
    count["outer"] += 1

    def inner(y):
        count["inner"] += 1
        return x + y

    return inner(1)


def recurse(n):
    count["recurse"] += 1
    if n:
        recurse(n - 1)


def key(x):
    count["key"] += 1
    return x


def raises():
    count["raises"] += 1
    raise ValueError


def gen():
    count["gen"] += 1
    for i in range(3):
        yield i


def genclosed():
    count["genclosed"] += 1
    yield 1
    yield 2


def delegating():
    count["delegating"] += 1
    yield from gen()


class Thing:
    def __init__(self, x=0):
        count["__init__"] += 1

    def method(self):
        count["method"] += 1

    @classmethod
    def of_class(cls):
        count["of_class"] += 1

    @staticmethod
    def static():
        count["static"] += 1

    @property
    def prop(self):
        count["prop"] += 1

    def __call__(self):
        count["__call__"] += 1

    def __getitem__(self, index):
        count["__getitem__"] += 1

    def __enter__(self):
        count["__enter__"] += 1

    def __exit__(self, *error):
        count["__exit__"] += 1

    def __eq__(self, other):
        count["__eq__"] += 1
        return True

    __hash__ = None


anonymous = lambda: count.__setitem__("<lambda>", count["<lambda>"] + 1)
exec(compile("def compiled(n):\n    n['compiled'] += 1\n", "<string>", "exec"))


def one_round():
    count["one_round"] += 1
    plain(1)
    plain(a=1, b=2)
    plain(*(1, 2))
    keyword(k=1)
    star(1, 2, x=3)
    outer(1)
    recurse(4)
    list(map(key, (1, 2)))
    sorted((3, 2, 1), key=key)
    functools.partial(plain, 1)()
    try:
        raises()
    except ValueError:
        pass
    thing = Thing()
    thing.method()
    Thing.of_class()
    thing.static()
    thing.prop
    thing()
    thing[0]
    with thing:
        pass
    thing == 1
    anonymous()
    compiled(count)


def generators():
    count["generators"] += 1
    for _ in gen():
        pass
    for _ in delegating():
        pass
    closed = genclosed()
    next(closed)
    closed.close()


def go(n, resuming=True):
    count.clear()
    for _ in range(n):
        one_round()
        if resuming:
            generators()
    return dict(count)


async def coro(x):
    count["coro"] += 1
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return x


async def agen():
    count["agen"] += 1
    for i in range(3):
        await asyncio.sleep(0)
        yield i


async def many(n):
    count["many"] += 1
    await asyncio.gather(*[coro(i) for i in range(n)])
    for _ in range(n):
        async for _ in agen():
            pass


def threaded(n):
    for _ in range(n):
        plain(1)


def concurrent(n):
    """Coroutines and threads: known counts of ours, unknown ones of the library's own functions."""
    count.clear()
    asyncio.run(many(n))
    threads = [threading.Thread(target=threaded, args=(n,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Four threads add to one counter: what is right is known, not what they counted.
    count["plain"] = 4 * n
    return dict(count)


def through_call(n):
    """Calls that go through PyObject_Call in every version and build: lru_cache's own call of what it wraps."""
    through = functools.lru_cache(maxsize=0)
    thing = Thing()
    functions = [through(plain), through(thing.method), through(Thing.of_class), through(thing.static),
                 through(max), through(posix.getpid), through(time.time), through(bytearray),
                 through(collections.deque)]
    count.clear()
    for _ in range(n):
        functions[0](1, b=2)
        for function in functions[1:4]:
            function()
        functions[4](1, 2)
        for function in functions[5:]:
            function()
    result = {key: count[key] for key in ("plain", "method", "of_class", "static")}
    result.update(dict.fromkeys(("max", "getpid", "time", "bytearray", "deque"), n))
    return result


if __name__ == "__main__":
    talk.serve(go=go, concurrent=concurrent, through_call=through_call)
