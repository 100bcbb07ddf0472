# SPDX-License-Identifier: GPL-2.0-only
"""A Python that has other versions' libraries loaded beside its own, without running them; see test_places.py."""

import ctypes
import sys

import talk


def watched(number):
    return number


def call(count):
    for number in range(count):
        watched(number)
    return count


for library in sys.argv[1:]:
    ctypes.CDLL(library)
talk.serve(call=call)
