# SPDX-License-Identifier: GPL-2.0-only
"""
Makes functions and drops them, so that the next ones stand at their addresses, and has them call what is watched.  Standard library only,
CPython 3.8 to 3.15.
"""

import _imp
import json
import os
import sys
import zlib

from talk import give_back, serve, told, truth

WATCHED = "{lines}def watched({name}, *more):\n    truth(), note()\n"
CALLERS = ("{lines}def outer{name}(call, value):\n    return inner{name}(call, value)\n"
           "def inner{name}(call, value):\n    return call(value, 'more')\n")
codes = {}


def note():
    """Which code objects, by what can be seen of them, stood at an address."""
    frame = sys._getframe(1)
    while frame:
        code = frame.f_code
        codes.setdefault(id(code), set()).add((code.co_name, code.co_filename, code.co_firstlineno))
        frame = frame.f_back


def native(value, more):
    """Calls a function in C."""
    truth(), note()
    zlib.crc32(value.encode())


def make(source, file, **names):
    """What the source defines, and the code object that it was made by."""
    code = compile(source.format(**names), file, "exec")
    module = {"truth": truth, "note": note}
    exec(code, module)
    return code, module


def one_round(number, c):
    """Texts have one length each, so that their memory is used again as well.  Some stay as they were the last time."""
    watched = make(WATCHED, "/made/%05d/reuse.py" % number, lines="\n" * (number % 7), name="p%05d" % number)[1]["watched"]
    name = "%05d" % (number - number % 3)
    # Some names are longer than what is compared at a time, and differ behind it.
    long = "/long" * (14 * (number % 8 == 0))
    file = long + "/made/%05d/callers.py" % (number - number % 2)
    code, module = make(CALLERS, file, lines="\n" * (number % 5), name=name)
    for value in "one", "two":
        module["outer" + name](native if c else watched, "%s %d" % (value, number))
    if number % 4 == 0:
        # In place, as importlib does it with what it has read from a .pyc file; the first time nothing changes.
        for name_of_file in file, long + "/else/%05d/callers.py" % number:
            _imp._fix_co_filename(code, name_of_file)
            module["outer" + name](native if c else watched, "%s %d" % (name_of_file[-20:-17], number))


def reuse(first, rounds, c):
    codes.clear()
    for number in range(first, first + rounds):
        one_round(number, c)
    return {"calls": told(), "used_again": sum(len(known) - 1 for known in codes.values()), "pid": os.getpid()}


def fork(**arguments):
    """The same in a child, which has what its parent has, where its parent has it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with os.fdopen(writing, "w") as file:
            json.dump(reuse(**arguments), file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        said = json.load(file)
    os.waitpid(child, 0)
    return said


def again():
    """The same program, whose memory is not what it was."""
    give_back()
    os.execv(sys.executable, [sys.executable, *sys.argv])


serve(reuse=reuse, fork=fork, again=again)
