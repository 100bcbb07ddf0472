# SPDX-License-Identifier: GPL-2.0-only
"""Functions with parameters of every kind, called in every way; each records the truth first."""

import asyncio
import functools
import os
import sys
import threading

import other
from talk import records, serve, told, truth


def posonly(a, b, /, c, d=4):
    truth()


def kwonly(a, *, b, c="see", d=None):
    truth()


def everything(a, b=2, /, c=3, *args, d, e=5, **kwargs):
    truth()


def nothing():
    truth()


def captured(a, b, *args, c=3, **kwargs):
    """All parameters but b are cells."""
    truth()
    return lambda: (a, args, c, kwargs)


def rebound(a, b=2):
    truth()
    a = b = None
    return a, b


def enclosing(x):
    free = x * 2

    def nested(y, z=free):
        truth()
        return x, free, y

    return nested


class Base:
    def method(self, a, b=2):
        truth()

    @classmethod
    def of_class(cls, a):
        truth()

    @staticmethod
    def static(a):
        truth()

    @property
    def prop(self):
        truth()

    def __init__(self, a=1, *, k=2):
        truth()
        self.a = a

    def overridden(self, a):
        truth()


class Derived(Base):
    def __init__(self, a=1):
        truth()
        super().__init__(a, k=3)

    def overridden(self, a):
        truth()
        super().overridden(a + 1)


def generator(a, b=2):
    truth()
    yield a
    yield b


def delegating(a):
    truth()
    yield from generator(a, 3)


async def coroutine(a, b=2):
    truth()
    await asyncio.sleep(0)
    return a


async def agenerator(a):
    truth()
    yield a
    await asyncio.sleep(0)
    yield a


async def main():
    await coroutine(1, b=3)
    await asyncio.gather(coroutine(2), coroutine(3))
    async for _ in agenerator(4):
        pass


def recursion(n, total=0):
    truth()
    return total if n == 0 else recursion(n - 1, total=total + n)


anonymous = lambda x, y=2: truth()


def many(p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15, p16, p17, p18, p19):
    truth()


def on_several_lines(function):
    return function(
        1,
        b=(
            2
        ),
    )


def direct():
    """Calls of every kind that a Python caller makes."""
    posonly(1, 2, 3)
    posonly(1, "two", c=3.5)
    posonly(*(1, 2), **{"c": 3, "d": None})
    kwonly(1, b=2)
    kwonly(a=1, c=True, b=False, d=[1])
    everything(1, d=4)
    everything(1, 2, 3, 4, 5, d=6, z=7)
    everything(*range(6), **{"d": 1, "f": (2,)})
    nothing()
    captured(1, 2)
    captured("a", "b", 3, 4, c=5, x=6)
    rebound("kept")
    enclosing(3)(4)
    base = Base()
    Base(7, k=8)
    derived = Derived("d")
    base.method("m")
    Base.method(derived, 1, b=3)
    derived.method(a=5)
    base.of_class(1)
    Derived.of_class("c")
    Base.static(None)
    base.prop
    derived.overridden(1)
    list(generator(1))
    list(delegating(5))
    for _ in generator(b=4, a=3):
        next(generator(0))
    list(map(nothing.__class__.__call__, [nothing]))
    list(map(anonymous, (1, "x")))
    anonymous(y=1, x=0)
    recursion(4)
    functools.partial(posonly, 1)(2, 3)
    many(*range(20))
    on_several_lines(rebound)
    exec("nothing()")
    eval("rebound(1, 2)")
    os.getenv("PHRUDE_NO_SUCH")
    os.getenv(key="PHRUDE_NO_SUCH", default="fallback")
    asyncio.run(main())
    return told()


def through():
    """Calls through PyObject_Call, which lru_cache makes in every version and build."""
    def call(function, *args, **kwargs):
        return functools.lru_cache(maxsize=0)(function)(*args, **kwargs)

    call(posonly, 1, 2, 3)
    call(posonly, 1, "two", c=3.5)
    call(posonly, 1, 2, 3, d=None)
    call(kwonly, 1, b=2)
    call(kwonly, a=1, c=True, b=False, d=[1])
    call(everything, 1, d=4)
    call(everything, 1, 2, 3, 4, 5, d=6, z=7)
    call(nothing)
    call(captured, 1, 2)
    call(captured, "a", "b", 3, 4, c=5, x=6)
    call(rebound, "kept")
    call(enclosing(3), 4)
    base = Base.__new__(Base)
    call(base.method, "m")
    call(base.method, a=1, b=3)
    call(Base.method, base, 1)
    call(base.of_class, 1)
    call(Base.static, None)
    call(anonymous, 0, y=1)
    call(recursion, 0)
    call(many, *range(20))
    return told()


def deep(n):
    if n:
        deep(n - 1)
    else:
        truth()
        bottom(n)


def bottom(n):
    truth()


def descend(n):
    threading.stack_size(64 << 20)
    sys.setrecursionlimit(10 * n)
    thread = threading.Thread(target=deep, args=(n,))
    thread.start()
    thread.join()
    return told()


def worker(tid, number):
    truth()


def work(through_call, rounds, barrier):
    tid = threading.get_native_id()
    function = functools.lru_cache(maxsize=0)(worker) if through_call else worker
    barrier.wait()
    for number in range(rounds):
        function(tid, number)


def threads(n, rounds, through_call):
    barrier = threading.Barrier(n)
    started = [threading.Thread(target=work, args=(through_call, rounds, barrier)) for _ in range(n)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    result = [record["tid"] for record in records]
    del records[:]
    return result


def unwatched():
    """Namesakes in other files, and names that only begin or end like a watched one."""
    other.nothing()
    other.Base().method(1)
    other.posonly2(1)
    other.xposonly(1)
    exec(compile("def nothing(): pass\nnothing()", "/elsewhere/notargs.py", "exec"), {})
    return []


if __name__ == "__main__":
    serve(direct=direct, through=through, descend=descend, threads=threads, unwatched=unwatched)
