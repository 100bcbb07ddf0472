# SPDX-License-Identifier: GPL-2.0-only
"""Many threads that call, import and fork while a tracer attaches, and go on doing so; every call after that is counted."""

import importlib
import os
import shutil
import sys
import threading
import time

import talk

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "storm%d" % os.getpid())
LATE = "def late(x):\n    return x + 1\n\n\nfirst = late(1)\n"

IMPORTS_MAX = 20  # of each thread; a rule names each of the files

ready = threading.Event()
over = threading.Event()


def before(x):
    return x + 1


def after(x):
    return x + 1


class Thing:
    def __init__(self, x):
        self.x = x

    def method(self, x):
        return self.x + x


def other(x):
    return x + 1


def fork(calls):
    """A child that calls as well; 0 if it got other results."""
    pid = os.fork()
    if not pid:
        good = all(after(n) == n + 1 for n in range(calls))
        os._exit(0 if good else 1)
    return calls if os.waitpid(pid, 0)[1] == 0 else 0


class Worker(threading.Thread):
    def __init__(self, number):
        super().__init__()
        self.number = number
        self.counts = {"after": 0, "method": 0, "__init__": 0, "late": 0}
        self.wrong = self.imports = 0

    def importing(self):
        name = "storm_%d_%d" % (self.number, self.imports)
        self.imports += 1
        with open(os.path.join(FOLDER, name + ".py"), "w") as file:
            file.write(LATE)
        importlib.invalidate_caches()
        module = importlib.import_module(name)
        self.wrong += module.first != 2 or module.late(2) != 3
        self.counts["late"] += 2
        del sys.modules[name]

    def run(self):
        turn = 0
        while not over.is_set():
            turn += 1
            total = 0
            for n in range(200):
                total = other(total)
            self.wrong += total != 200
            if not ready.is_set():
                self.wrong += turn % 100 == 0 and before(turn) != turn + 1
                continue
            self.wrong += after(turn) != turn + 1
            self.wrong += Thing(turn).method(1) != turn + 1
            for name in ("after", "method", "__init__"):
                self.counts[name] += 1
            if turn % 64 == self.number and self.imports < IMPORTS_MAX:
                self.importing()
            if turn % 128 == self.number:
                done = fork(20)
                self.wrong += not done
                self.counts["after"] += done
            time.sleep(0.05)


workers = []


def start(threads):
    """All that is watched is hot before the tracer comes."""
    os.mkdir(FOLDER)
    sys.path.insert(0, FOLDER)
    for n in range(3000):
        before(n)
        after(n)
        Thing(n).method(n)
    workers.extend(Worker(number) for number in range(threads))
    for worker in workers:
        worker.start()
    return True


def go():
    ready.set()
    return True


def stop():
    over.set()
    counts, wrong = {}, 0
    for worker in workers:
        worker.join()
        wrong += worker.wrong
        for name, number in worker.counts.items():
            counts[name] = counts.get(name, 0) + number
    shutil.rmtree(FOLDER)
    return {"counts": counts, "wrong": wrong}


talk.serve(start=start, go=go, stop=stop)
