# SPDX-License-Identifier: GPL-2.0-only
"""Work with a result: round after round must give the same digest, traced, half traced or not."""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import functools
import hashlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import zlib

import talk


@dataclasses.dataclass
class Order:
    name: str
    amount: int
    tags: tuple = ()

    def total(self, *, rate=3):
        return self.amount * rate + len(self.tags)


def primes(limit):
    found = []
    for number in range(2, limit):
        if all(number % other for other in found):
            found.append(number)
            yield number


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def watched(command, *args, depth=0, **kwargs):
    return watched(command, *args, depth=depth - 1, **kwargs) if depth else (command, args, sorted(kwargs.items()))


@functools.lru_cache(maxsize=0)
def remembered(text):
    return text.upper()[::-1]


@contextlib.contextmanager
def scope(log):
    log.append("in")
    try:
        yield len(log)
    finally:
        log.append("out")


async def step(number):
    await asyncio.sleep(0)
    return watched("async", number, depth=number % 4)


async def steps():
    return await asyncio.gather(*[step(number) for number in range(12)])


def work(seed):
    """A bit of everything that an interpreter does; returns what came of it."""
    result = [list(primes(60)), fib(9), watched("sh -c id", seed, depth=6, k="v" * 50), remembered("text")]
    orders = [Order("n%d" % number, number, tags=tuple("abc"[:number % 4])) for number in range(8)]
    result.append(sorted((order.total(rate=2) for order in orders), key=lambda total: -total))
    result.append(json.loads(json.dumps({"orders": [dataclasses.asdict(order) for order in orders]})))
    result.append(re.sub(r"(\w)(\d)", lambda match: match.group(2) + match.group(1), "a1b2c3"))
    log = []
    for number in range(3):
        try:
            with scope(log) as length:
                result.append(length // (number - 1))
        except ZeroDivisionError as error:
            result.append(str(error))
    return result + log


def one_round():
    result = work(1)
    # From four threads and the event loop as well, each with its own result.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        result += list(pool.map(work, range(4)))
    result += asyncio.run(steps())
    return hashlib.sha256(repr(result).encode()).hexdigest()


def rounds(n):
    return sorted({one_round() for _ in range(n)})


stopped = threading.Event()
running = []
outcome = {}


def run_on():
    digests = set()
    count = 0
    while not stopped.is_set():
        digests.add(one_round())
        count += 1
    outcome.update(rounds=count, digests=sorted(digests))


def start():
    """Goes on in the background until stop."""
    stopped.clear()
    running.append(threading.Thread(target=run_on))
    running[-1].start()


def stop():
    stopped.set()
    running.pop().join()
    return outcome


def import_on(folder):
    """Modules of which each has a value of its own, new or reloaded, one after the other."""
    number = 0
    while not stopped.is_set():
        name = "fresh_%d" % number
        path = os.path.join(folder, name + ".py")
        with open(path, "w") as file:
            file.write("import zlib\ndef value(): return zlib.crc32(b'%d')\nfirst = value()\n" % number)
        importlib.invalidate_caches()
        module = importlib.import_module(name)
        module = importlib.reload(module)
        if (module.first, module.value()) != (zlib.crc32(b"%d" % number),) * 2:
            outcome["wrong"].append(name)
        del sys.modules[name]
        os.unlink(path)
        number += 1
    outcome["imports"] = number


def fork_on():
    number = 0
    while not stopped.is_set():
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = 0 if watched("child", number)[0] == "child" and len(work(number)) > 5 else 2
            finally:
                os._exit(status)
        status = os.waitpid(pid, 0)[1]
        if status:
            outcome["wrong"].append("status %d of child %d" % (status, number))
        number += 1
        stopped.wait(0.02)
    outcome["forks"] = number


def storm():
    """Calls, imports and forks at once, until calm."""
    folder = tempfile.mkdtemp()
    sys.path.insert(0, folder)
    outcome.update(wrong=[])
    start()
    running.extend([threading.Thread(target=import_on, args=(folder,)), threading.Thread(target=fork_on)])
    for thread in running[1:]:
        thread.start()


def calm():
    stopped.set()
    while running:
        running.pop().join()
    os.rmdir(sys.path.pop(0))
    return outcome


def fork(children):
    """Children that work, and call the watched function; the parent works meanwhile."""
    pids = []
    for number in range(children):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = 0 if watched("child", number)[0] == "child" and len(work(number)) > 5 else 2
            finally:
                os._exit(status)
        pids.append(pid)
    here = work(0) == work(0)
    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    for number in range(children):
        watched("parent", number)
    return {"here": here, "statuses": statuses, "pids": pids}


def spawn(n):
    """Other programs, and other Pythons."""
    code = "import json, sys; print(json.dumps(sorted(sys.argv[1:])))"
    outputs = [subprocess.run([*talk.command()[:-1], "-c", code, "b", "a"], stdout=subprocess.PIPE,
                              check=True).stdout.decode() for _ in range(n)]
    outputs.append(subprocess.run(["/bin/sh", "-c", "echo $0; exit 0", "x"], stdout=subprocess.PIPE).stdout.decode())
    return sorted(set(outputs))


def execute():
    """Becomes itself again; the hello of the new image is the answer."""
    watched("before exec")
    talk.give_back()
    command = talk.command()
    os.execv(os.readlink("/proc/self/exe"), command)


def end(how):
    watched("at the end")
    if how == "exit":
        sys.exit(7)
    if how == "os._exit":
        os._exit(7)
    if how == "exception":
        # Not an Exception: those go back as answers.
        raise KeyboardInterrupt
    os.kill(os.getpid(), getattr(signal, how))


if __name__ == "__main__":
    talk.serve(rounds=rounds, start=start, stop=stop, storm=storm, calm=calm,
               fork=fork, spawn=spawn, execute=execute, end=end, watched=watched)
