# SPDX-License-Identifier: GPL-2.0-only
"""Calls watched functions from its very first line on, and ends with a status of its own."""


def first(n):
    return n


first(1)
print("out")
import sys  # noqa: E402

for number in range(2, 6):
    first(number)
print("err", file=sys.stderr)
sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
