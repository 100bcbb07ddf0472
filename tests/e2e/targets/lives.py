# SPDX-License-Identifier: GPL-2.0-only
"""Lives that are short: programs that are started, call two functions and end; processes that exec themselves."""

import json
import os
import subprocess
import sys
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


def here(n):
    for number in range(n):
        call(number)
    return n


def main():
    if sys.argv[1:2] == ["short"]:
        call(int(sys.argv[2]))
        return
    if sys.argv[1:2] == ["chain"]:
        chain(int(sys.argv[2]))
    print(json.dumps({"pid": os.getpid(), "executable": sys.executable, "script": os.path.abspath(__file__)}), flush=True)
    for line in sys.stdin:
        command, arguments = json.loads(line)
        print(json.dumps(globals()[command](**arguments)), flush=True)


main()
