# SPDX-License-Identifier: GPL-2.0-only
"""Becomes another user, in the ways in which programs do.  CPython 3.8 to 3.15."""

import ctypes
import os
import threading
import time

import talk

libc = ctypes.CDLL(None, use_errno=True)
SETRESUID = {"x86_64": 117, "aarch64": 147}[os.uname().machine]


def watched(command):
    return command


def other(command):
    return command


def access(path, times=1):
    """A function written in C."""
    return [os.access(path, os.F_OK) for _ in range(times)][-1]


def work(times):
    for number in range(times):
        other(str(number))


def become(user):
    """For good, with all threads."""
    os.setuid(user)
    watched("as %d" % user)
    return os.geteuid()


def pretend(user):
    os.seteuid(user)
    watched("as %d" % user)


def raw(user):
    """The thread that calls it, and no other one."""
    if libc.syscall(SETRESUID, -1, user, -1):
        raise OSError(ctypes.get_errno(), "setresuid")


def in_thread(user):
    def body():
        raw(user)
        watched("in a thread")

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    watched("after it")


def switch(users, rounds):
    """There and back; each call is made as the user that it says."""
    for number in range(rounds):
        user = users[number % len(users)]
        os.seteuid(0)
        if user:
            os.seteuid(user)
        watched("%d as %d" % (number, user))
    os.seteuid(0)


def child(user, calls):
    """Forks one that becomes another user at once, and calls for a while."""
    pid = os.fork()
    if not pid:
        os.setuid(user)
        for number in range(calls):
            watched("child %d" % number)
            time.sleep(0.01)
        os._exit(0)
    return pid


def children(user, count):
    """Of each one call, which it makes when it has become another user."""
    pids = []
    for number in range(count):
        pid = os.fork()
        if not pid:
            os.setuid(user)
            watched("child %d" % number)
            os._exit(0)
        pids.append(pid)
    return [os.waitpid(pid, 0)[1] for pid in pids]


def wait(pid):
    return os.waitpid(pid, 0)[1]


if __name__ == "__main__":
    talk.serve(watched=watched, other=other, access=access, work=work, become=become, pretend=pretend, raw=raw, in_thread=in_thread, switch=switch, child=child,
               children=children, wait=wait)
