# SPDX-License-Identifier: GPL-2.0-only
"""A short life: the first thing it does is watched, and then it ends, or becomes another program.  CPython 3.8 to 3.15."""

import os
import sys


def watched(command):
    pass


watched(sys.argv[1])
if len(sys.argv) > 3:
    os.execv(sys.argv[3], sys.argv[3:])
