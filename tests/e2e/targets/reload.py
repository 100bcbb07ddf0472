# SPDX-License-Identifier: GPL-2.0-only
"""Calls that are numbered, from several threads, again and again, while what is watched changes."""

import importlib
import os
import threading
import time

import talk


def steady(thread, number):
    return thread, number


def wanted(number):
    return number


def unwanted(number):
    return number


stopped = threading.Event()
running = []
calls = {}


def run_on(thread):
    number = 0
    while not stopped.is_set():
        steady(thread, number)
        os.access("/", os.F_OK)
        wanted(number)
        unwanted(number)
        number += 1
        time.sleep(0.002)
    calls[thread] = number


def start(threads):
    stopped.clear()
    running.extend(threading.Thread(target=run_on, args=(thread,)) for thread in range(threads))
    for thread in running:
        thread.start()


def stop():
    """How often each thread has called each function."""
    stopped.set()
    while running:
        running.pop().join()
    return calls


def call(name, number):
    return globals()[name](number)


def make(name, number):
    """A function that was not there before."""
    space = {}
    exec(compile("def %s(number): return number" % name, __file__, "exec"), space)
    return space[name](number)


def load(module, function, text, **arguments):
    return repr(getattr(importlib.import_module(module), function)(text.encode(), **arguments))


def fork(name, number):
    pid = os.fork()
    if not pid:
        globals()[name](number)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def start_fork(name, number):
    """The number of a child that calls when it is told to, by a byte."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.read(read, 1)
        globals()[name](number)
        os._exit(0)
    return pid, write


def go_on(pid, write):
    os.write(write, b"x")
    return os.waitpid(pid, 0)[1]


talk.serve(start=start, stop=stop, call=call, make=make, load=load, fork=fork, start_fork=start_fork, go_on=go_on)
