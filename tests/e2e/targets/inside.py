# SPDX-License-Identifier: GPL-2.0-only
"""Imported by each sub-interpreter of within.py, and by the programs that spawn.py starts."""


def watched(number):
    return number


def other(number):
    return number
