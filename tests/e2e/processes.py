# SPDX-License-Identifier: GPL-2.0-only
"""The processes that a test has started, and their end."""

import collections
import ctypes
import glob
import os
import signal
import time

PR_SET_PDEATHSIG = 1

Process = collections.namedtuple("Process", "pid name state parent session")


def die_with_parent():
    """This process is killed when the thread that forked it ends, however it does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def threads_of(pid):
    """How many it has; a zombie has one, itself, unless others of its threads cannot end yet."""
    try:
        return len(os.listdir("/proc/%s/task" % pid))
    except OSError:
        return 0


def alive():
    """All processes but those of which nothing runs any more."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry, "rb") as file:
                said = file.read().decode(errors="replace")
        except OSError:
            continue
        # The name may hold anything, parentheses as well.
        name, _, rest = said.partition("(")[2].rpartition(")")
        state, parent, _, session = rest.split()[:4]
        if state not in "ZX" or threads_of(entry) > 1:
            found.append(Process(int(entry), name, state, int(parent), int(session)))
    return found


def of_session(leader):
    return [process for process in alive() if process.session == leader]


def of_tree(leader):
    """The leader of a session, all in it, and all descendants, who may have begun a session of their own."""
    there = alive()
    pids = {process.pid for process in there if process.session == leader or process.pid == leader}
    grown = True
    while grown:
        children = {process.pid for process in there if process.parent in pids}
        grown = not children <= pids
        pids |= children
    return [process for process in there if process.pid in pids]


def end(find, timeout=5):
    """Kills what find() finds until there is nothing; returns what is there after `timeout` seconds nevertheless."""
    deadline = time.monotonic() + timeout
    while True:
        left = find()
        if not left or time.monotonic() > deadline:
            return left
        for process in left:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)


def thread_states(pid):
    """A letter for each thread, as in /proc/PID/stat."""
    states = []
    for path in glob.glob("/proc/%d/task/*/stat" % pid):
        with open(path) as file:
            states.append(file.read().rsplit(")", 1)[1].split()[0])
    return states
