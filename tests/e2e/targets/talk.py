# SPDX-License-Identifier: GPL-2.0-only
"""
What every target has: it takes commands as JSON lines and answers each with one, and it says the truth
about a call in the very form in which an alert must tell it.  Runs on CPython 3.8 to 3.15.
"""

import json
import os
import sys
import threading

# The conversation keeps its own descriptors: what the target runs may read and print what it likes.
_input = os.fdopen(os.dup(0), "r", encoding="utf-8")
_output = os.fdopen(os.dup(1), "w", encoding="utf-8")
_null = os.open(os.devnull, os.O_RDWR)
os.dup2(_null, 0)
os.dup2(2, 1)
os.close(_null)


def give_back():
    """Standard input and output are the conversation's again, for a program to come."""
    os.dup2(_input.fileno(), 0)
    os.dup2(_output.fileno(), 1)


def command():
    """The words that this process was started with."""
    with open("/proc/self/cmdline", "rb") as file:
        return file.read().decode().split("\0")[:-1]


def say(answer):
    _output.write(json.dumps(answer) + "\n")
    _output.flush()


def serve(**commands):
    """Says hello, then runs commands until there are no more."""
    say({"pid": os.getpid(), "ppid": os.getppid(), "exe": os.readlink("/proc/self/exe"),
         "cmdline": command(), "version": "%d.%d.%d" % sys.version_info[:3]})
    while True:
        line = _input.readline()
        if not line:
            return
        name, arguments = json.loads(line)
        try:
            answer = commands[name](**arguments)
        except Exception as error:
            import traceback
            answer = {"error": "%s: %s" % (type(error).__name__, traceback.format_exc()[-600:])}
        say(answer)


def shown(value):
    """A value as an alert shows it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if type(value) is int:
        return value if abs(value) <= 2 ** 53 else str(value)
    if type(value) is float:
        return value if value - value == 0 else repr(value)
    return shown_inside(value, [])


_brackets = {list: "[]", tuple: "()", dict: "{}", set: "{}", frozenset: ("frozenset({", "})")}


def shown_inside(value, around):
    """Python's repr, but an object that has none of its own in the contract is CLASS:Name."""
    kind = type(value)
    if value is None or kind in (bool, int, float, bytes):
        return repr(value)
    if isinstance(value, str):
        return str.__repr__(value)
    if kind not in _brackets:
        return "CLASS:" + repr(kind.__name__)[1:-1]
    opening, closing = _brackets[kind]
    if any(value is other for other in around):
        return opening + "..." + closing
    if not value and kind in (set, frozenset):
        return kind.__name__ + "()"
    around = around + [value]
    if kind is dict:
        items = [shown_inside(k, around) + ": " + shown_inside(v, around) for k, v in value.items()]
    else:
        items = [shown_inside(item, around) for item in value]
        if kind is tuple and len(items) == 1:
            items[0] += ","
    return opening + ", ".join(items) + closing


records = []


def truth():
    """Called first thing by a watched function: records its call as the alert must have it."""
    frame = sys._getframe(1)
    code = frame.f_code
    plain = code.co_argcount + code.co_kwonlyargcount
    args, kwargs = bool(code.co_flags & 4), bool(code.co_flags & 8)
    names = code.co_varnames[:plain + args + kwargs]
    local = frame.f_locals
    record = {"name": code.co_name, "qualname": getattr(code, "co_qualname", None), "file": code.co_filename,
              "line": code.co_firstlineno, "tid": threading.get_native_id(),
              "args": {name: shown(local[name]) for name in names},
              # the function's order: as its code object has it, and as its header reads
              "orders": [names, names[:code.co_argcount] + names[plain:plain + args] +
                         names[code.co_argcount:plain] + names[plain + args:]], "callers": []}
    frame = frame.f_back
    while frame:
        record["callers"].append({"function": frame.f_code.co_name, "file": frame.f_code.co_filename,
                                  "line": frame.f_lineno})
        frame = frame.f_back
    records.append(record)


def told():
    """The records since the last time."""
    result = list(records)
    del records[:]
    return result
