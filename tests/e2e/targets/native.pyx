# SPDX-License-Identifier: GPL-2.0-only
"""Functions of an application without frames; whatever they are called with, a request or nothing."""

import builtins


def evaluate(*args):
    eval("1 + 1")
    return answer("done")


def execute(*args):
    builtins.exec("x = 1")  # as a statement, Cython hands it to PyRun_String()
    return answer("done")


def compiled(*args):
    compile("import os", "<text>", "exec")
    return answer("done")


answer = str
