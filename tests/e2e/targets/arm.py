# SPDX-License-Identifier: GPL-2.0-only
"""Functions that come into being in every way, called a known number of times; see test_arm.py."""

import ctypes
import functools
import importlib
import os
import shutil
import sys
import threading

import talk

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "late%d" % os.getpid())
LATE = """
def watched(x):
    return x

first = watched(1)

class Late:
    def __init__(self):
        self.x = watched(2)
    def watched(self, x):
        return x
"""


def watched(x):
    return x


def other(x):
    return x


def decorator(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


class Kinds:
    @staticmethod
    def static(x):
        return x

    @classmethod
    def of_class(cls, x):
        return x

    @property
    def prop(self):
        return 1

    def __init__(self):
        self.x = 1

    class Nested:
        def nested(self):
            return 1


@decorator
@decorator
def decorated(x):
    return x


def anew():
    def closure(x):
        return x
    return closure


def opcode():
    """What is written when watched() is armed, as it stands: its first instruction, or co_opcache_flag."""
    if hasattr(watched.__code__, "_co_code_adaptive"):
        return watched.__code__._co_code_adaptive[0]
    return ctypes.c_int.from_address(id(watched.__code__) + 168).value


def every_kind(n):
    thing = Kinds()
    for _ in range(n):
        Kinds.static(1)
        Kinds.of_class(1)
        thing.prop
        Kinds()
        Kinds.Nested().nested()
        decorated(1)
        anew()(1)
    return {"static": n, "of_class": n, "prop": n, "__init__": n + 1, "nested": n, "decorated": n, "closure": n}


def import_late(n):
    """Modules that call their function as their first act, reload, replacement."""
    calls = 0
    for i in range(n):
        folder = os.path.join(FOLDER, str(i))
        os.makedirs(folder)
        path = os.path.join(folder, "latecomer.py")
        with open(path, "w") as file:
            file.write(LATE)
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        module = importlib.import_module("latecomer")
        module.Late().watched(1)
        calls += 3
        for _ in range(20):
            module.watched(1)
        calls += 20
        importlib.reload(module)
        module.watched(1)
        calls += 2
        namespace = {}
        code = compile("def watched(x):\n    return x\n", path, "exec")
        for _ in range(3):
            exec(code, namespace)
            module.watched = namespace["watched"]
            module.watched(1)
        calls += 3
        del sys.modules["latecomer"], sys.path[0]
    shutil.rmtree(FOLDER)
    return {"watched": calls}


def threads(n, count):
    def work():
        for i in range(n):
            watched(i)
            other(i)

    workers = [threading.Thread(target=work) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"watched": n * count}


def forks(n, count):
    """Children that call from their first instruction on, and a function that is new to them."""
    children = []
    for _ in range(count):
        pid = os.fork()
        if not pid:
            namespace = {}
            exec(compile("def watched(x):\n    return x\n", "/somewhere/arm.py", "exec"), namespace)
            for i in range(n):
                watched(i)
                namespace["watched"](i)
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    return {"watched": 2 * n * count}


def switches(n):
    """Calls while tracing, profiling and monitoring are switched on and off; each changes what code enters at."""
    calls = [0]

    def some():
        calls[0] += call(n)["watched"]

    def trace(frame, event, argument):
        return trace

    def traced():
        sys.settrace(trace)
        some()
        sys.settrace(None)

    some()
    for switch in (sys.settrace, sys.setprofile):
        switch(trace)
        some()
        switch(None)
        some()
    thread = threading.Thread(target=traced)
    thread.start()
    thread.join()
    some()
    if hasattr(sys, "monitoring"):
        tool, monitoring = 3, sys.monitoring
        start = monitoring.events.PY_START
        monitoring.use_tool_id(tool, "switches")
        # What is disabled one by one in 3.12 is a plain function again that nobody looks at: a known limit.
        for answer in (None, monitoring.DISABLE) if sys.version_info >= (3, 13) else (None,):
            monitoring.register_callback(tool, start, lambda code, offset, answer=answer: answer)
            for switch in (lambda events: monitoring.set_events(tool, events),
                           lambda events: monitoring.set_local_events(tool, watched.__code__, events)):
                switch(start)
                some()
                monitoring.restart_events()
                some()
                switch(0)
                some()
        monitoring.free_tool_id(tool)
        some()
    return {"watched": calls[0]}


def call(n):
    for i in range(n):
        watched(i)
        other(i)
    return {"watched": n}


def call_other(n):
    for i in range(n):
        other(i)


for _ in range(2000):
    watched(1)
    other(1)
every_kind(50)
talk.serve(every_kind=every_kind, import_late=import_late, threads=threads, forks=forks, call=call,
           call_other=call_other, switches=switches, opcode=opcode)
