# SPDX-License-Identifier: GPL-2.0-only
"""The way the first Phrude worked, for comparison: sys.settrace inside the application's own process.

Two settings, the same data in both:

  match  every call is looked at; arguments and callers are collected for watched functions only,
         which is exactly what phrude-trace does from outside
  every  arguments and callers are collected for every call, to be judged afterwards, as the first
         Phrude did

No local trace function is returned, so there is no cost per line, only per call.
"""

import sys
import threading

MAX_CALLERS = 128
MAX_ITEMS = 64
MAX_DEPTH = 8

CO_VARARGS = 0x04
CO_VARKEYWORDS = 0x08


def describe(value, depth=0):
    """An argument in the form that alerts have: never runs a __repr__ of the application's."""
    kind = type(value)
    if kind in (str, int, float, bool, bytes) or value is None:
        return repr(value)
    if depth >= MAX_DEPTH:
        return "…"
    if kind in (list, tuple, set, frozenset):
        return "[" + ", ".join([describe(item, depth + 1) for item in list(value)[:MAX_ITEMS]]) + "]"
    if kind is dict:
        items = list(value.items())[:MAX_ITEMS]
        return "{" + ", ".join([describe(k, depth + 1) + ": " + describe(v, depth + 1) for k, v in items]) + "}"
    return "CLASS:" + kind.__name__


def arguments(frame):
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    values = frame.f_locals
    return {name: describe(values[name]) for name in code.co_varnames[:count] if name in values}


def callers(frame):
    stack = []
    frame = frame.f_back
    while frame is not None and len(stack) < MAX_CALLERS:
        code = frame.f_code
        stack.append((code.co_name, code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return stack


class SettraceTracer:
    def __init__(self, watched, every=False):
        """watched: {function name: [ends of file names]}"""
        self.watched = watched
        self.every = every
        self.matches = 0
        self.last = None  # the newest record, so that collecting is not for nothing

    def _fits(self, code):
        files = self.watched.get(code.co_name)
        return files is not None and any(code.co_filename.endswith(file) for file in files)

    def _on_match(self, frame, event, arg):
        if event == "call" and self._fits(frame.f_code):
            self.matches += 1
            self.last = (frame.f_code.co_name, frame.f_code.co_filename, arguments(frame), callers(frame))

    def _on_every(self, frame, event, arg):
        if event == "call":
            code = frame.f_code
            self.last = (code.co_name, code.co_filename, arguments(frame), callers(frame))
            self.matches += self._fits(code)

    def start(self):
        function = self._on_every if self.every else self._on_match
        threading.settrace(function)
        sys.settrace(function)

    def stop(self):
        sys.settrace(None)
        threading.settrace(None)
