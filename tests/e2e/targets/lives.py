# SPDX-License-Identifier: GPL-2.0-only
"""Lives that are short: programs that are started, call two functions and end; processes that exec themselves."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import zlib


def lived(number):
    return number


def call(number):
    lived(number)
    zlib.crc32(b"%d" % number)


def chain(number):
    """Execs itself so many times."""
    call(number)
    if number:
        os.execv(sys.executable, [sys.executable, __file__, "chain", str(number - 1)])


def spawn(programs):
    """Runs one after the other, each with its number; returns their statuses."""
    return [subprocess.run([*argv, "short", str(number)]).returncode for number, argv in enumerate(programs)]


def fork(n):
    """So many children, one after the other, that end at once."""
    for number in range(n):
        pid = os.fork()
        if not pid:
            call(number)
            os._exit(0)
        os.waitpid(pid, 0)
    return n


def breed(pause, life):
    """
    Children at such intervals, until there is another line to read.  Each calls so long after its birth, and ends.  Their births.
    """
    born, pids = [], []
    while not select.select([0], [], [], pause)[0]:
        born.append(time.clock_gettime(time.CLOCK_BOOTTIME))
        pid = os.fork()
        if not pid:
            time.sleep(life)
            call(len(born) - 1)
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    return born


def nothing():
    return None


def run(fd, argv):
    """Runs what the descriptor is of."""
    pid = os.fork()
    if not pid:
        os.execve(fd, argv, os.environ)
    os.close(fd)
    return os.waitpid(pid, 0)[1]


def deep(argv, names):
    """Runs a copy of the interpreter that stands in so many folders, each in the other."""
    top = os.open(".", os.O_RDONLY)
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
        os.chdir(folder)
        for name in names:
            os.mkdir(name)
            os.chdir(name)
        shutil.copy(argv[0], "python3")
        fd, below = os.open("python3", os.O_RDONLY), os.open(".", os.O_RDONLY)
        os.fchdir(top)
        status = run(fd, argv)
        os.fchdir(below)
        os.unlink("python3")
        for name in reversed(names):
            os.chdir("..")
            os.rmdir(name)
        os.fchdir(top)
    os.close(top)
    os.close(below)
    return status


def nowhere(argv):
    """Runs a copy of the interpreter that has no name."""
    fd = os.memfd_create("python")
    with open(argv[0], "rb") as file:
        os.write(fd, file.read())
    return run(fd, argv)


def here(n):
    for number in range(n):
        call(number)
    return n


def main():
    if sys.argv[1:2] == ["short"]:
        call(int(sys.argv[2]))
        return
    if sys.argv[1:2] == ["later"]:
        time.sleep(2)
        call(int(sys.argv[2]))
        return
    if sys.argv[1:2] == ["chain"]:
        chain(int(sys.argv[2]))
    print(json.dumps({"pid": os.getpid(), "executable": sys.executable, "script": os.path.abspath(__file__)}), flush=True)
    for line in sys.stdin:
        command, arguments = json.loads(line)
        print(json.dumps(globals()[command](**arguments)), flush=True)


main()
