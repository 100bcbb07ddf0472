# SPDX-License-Identifier: GPL-2.0-only
"""Imports a module written in C, and at once stands still as the parent of a vfork."""

import ctypes
import os
import signal

import talk

signals = []
signal.signal(signal.SIGUSR1, lambda number, frame: signals.append(number))
library = None


def load(path):
    global library
    # With the GIL: no other thread of this process runs meanwhile.
    library = ctypes.PyDLL(path)


def vanish(module, seconds):
    __import__(module)
    library.hold(seconds)
    return {"signals": len(signals)}


def state():
    with open("/proc/self/status") as file:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return {"tracer": int(fields["TracerPid"]), "signals": len(signals), "pid": os.getpid()}


def watched(number):
    return number


if __name__ == "__main__":
    talk.serve(load=load, vanish=vanish, state=state, watched=watched)
